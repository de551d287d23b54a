/* Everything works without this file. It adds live states, prices, copy buttons, dialogs and local times. */
"use strict";
const all = (query, root = document) => [...root.querySelectorAll(query)];

/* times as the reader's clock has them; UTC stays in the title */
for (const time of all("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.valueOf())) time.title = `${at.toLocaleString()} (${time.title})`;
}

for (const button of all("[data-copy]")) {
  button.hidden = false;
  const name = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

for (const button of all("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? "Hide password" : "Show password";
  });
}

/* the summary of a form's faults is read first */
all("[data-focus]").slice(0, 1).forEach((box) => box.focus());

/* a second click on the same form does nothing: the server would know it by its key anyway */
for (const form of all("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent && !("again" in form.dataset)) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

/* asks before what cannot be taken back; without scripts the page that asks comes from the server */
for (const form of all("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sure) return;
    event.preventDefault();
    delete form.dataset.sent;
    const dialog = document.createElement("dialog");
    const words = document.createElement("p");
    const yes = document.createElement("button");
    const no = document.createElement("button");
    const row = document.createElement("div");
    words.textContent = form.dataset.confirm;
    yes.textContent = form.querySelector("button").textContent;
    no.textContent = "Cancel";
    yes.className = "danger";
    row.className = "row";
    row.append(yes, no);
    dialog.append(words, row);
    document.body.append(dialog);
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => { form.dataset.sure = "yes"; form.requestSubmit(); });
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
  });
}

/* a state that changes: asked for ever more seldom, told only when it changes, never in the background */
for (const live of all("[data-live]")) {
  let tag = "";
  const began = Date.now();
  const pause = () => (document.hidden ? 30 : Date.now() - began < 120000 ? 5 : 15) * 1000;
  const look = async () => {
    try {
      const answer = await fetch(live.dataset.live, { headers: tag ? { "If-None-Match": tag } : {} });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        const state = await answer.json();
        if (live.dataset.state !== state.state) {
          live.dataset.state = state.state;
          const told = document.getElementById("live-told");
          if (told) told.textContent = state.sentence;
          const page = await (await fetch(location.href)).text();
          const fresh = new DOMParser().parseFromString(page, "text/html");
          for (const part of all("[data-part]")) {
            const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
            if (other && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(other));
          }
        }
        if (state.final) return;
      } else if (answer.status !== 304) return;
    } catch { /* no connection now: asked again */ }
    setTimeout(look, pause());
  };
  setTimeout(look, pause());
}

/* the price of what a form asks for, as it stands */
for (const form of all("form[data-price]")) {
  const places = all("[data-price-here]", form.closest("main"));
  let waiting = 0;
  let asked = 0;
  const ask = async () => {
    const number = ++asked;
    const given = new FormData(form);
    for (const [name, value] of [...given]) if (value instanceof File) given.delete(name);
    try {
      const answer = await fetch(form.dataset.price, { method: "POST", body: new URLSearchParams(given) });
      if (!answer.ok || number !== asked) return;
      const price = await answer.json();
      places.forEach((place) => { place.textContent = price[place.dataset.priceHere] ?? place.textContent; });
    } catch { /* the price that stands there stays */ }
  };
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 600); });
}

for (const field of all("textarea[maxlength]")) {
  const count = document.createElement("p");
  count.className = "help number";
  const tell = () => { count.textContent = `${field.value.length.toLocaleString()} of ${field.maxLength.toLocaleString()} characters`; };
  field.after(count);
  field.addEventListener("input", tell);
  tell();
}
