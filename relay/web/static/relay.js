/* Everything works without this file. It adds live states, prices, copy buttons, dialogs and local times. */
"use strict";
const all = (query, root = document) => [...root.querySelectorAll(query)];

/* adds local time to the title of each time */
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

/* moves the focus to the summary of a form's faults */
all("[data-focus]").slice(0, 1).forEach((box) => box.focus());

/* ignores a second click on the same form; the server also recognizes the form's key */
for (const form of all("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent && !("again" in form.dataset)) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

/* asks for confirmation before a form with data-confirm is sent */
for (const form of all("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.confirmed) return;
    event.preventDefault();
    delete form.dataset.sent;
    const dialog = document.createElement("dialog");
    const message = document.createElement("p");
    const confirm = document.createElement("button");
    const cancel = document.createElement("button");
    const row = document.createElement("div");
    message.textContent = form.dataset.confirm;
    confirm.textContent = form.querySelector("button").textContent;
    cancel.textContent = "Close";
    confirm.className = "danger";
    row.className = "row";
    row.append(confirm, cancel);
    dialog.append(message, row);
    document.body.append(dialog);
    cancel.addEventListener("click", () => dialog.close());
    confirm.addEventListener("click", () => { form.dataset.confirmed = "yes"; form.requestSubmit(); });
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
  });
}

/* polls a live state, less often with time and in the background, and announces it only when it changes */
for (const live of all("[data-live]")) {
  let tag = "";
  const started = Date.now();
  const interval = () => (document.hidden ? 30 : Date.now() - started < 120000 ? 5 : 15) * 1000;
  const poll = async () => {
    try {
      const response = await fetch(live.dataset.live, { headers: tag ? { "If-None-Match": tag } : {} });
      if (response.status === 200) {
        tag = response.headers.get("ETag") || "";
        const state = await response.json();
        if (live.dataset.state !== state.state) {
          live.dataset.state = state.state;
          const status = document.getElementById("live-status");
          if (status) status.textContent = state.sentence;
          const page = await (await fetch(location.href)).text();
          const fresh = new DOMParser().parseFromString(page, "text/html");
          for (const part of all("[data-part]")) {
            const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
            if (other && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(other));
          }
        }
        if (state.final) return;
      } else if (response.status !== 304) return;
    } catch { /* offline: polls again */ }
    setTimeout(poll, interval());
  };
  setTimeout(poll, interval());
}

/* updates the price while a form is filled in */
for (const form of all("form[data-price]")) {
  const places = all("[data-price-here]", form.closest("main"));
  let timer = 0;
  let latest = 0;
  const update = async () => {
    const number = ++latest;
    const values = new FormData(form);
    for (const [name, value] of [...values]) if (value instanceof File) values.delete(name);
    try {
      const response = await fetch(form.dataset.price, { method: "POST", body: new URLSearchParams(values) });
      if (!response.ok || number !== latest) return;
      const price = await response.json();
      places.forEach((place) => { place.textContent = price[place.dataset.priceHere] ?? place.textContent; });
    } catch { /* keeps the price that is shown */ }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(update, 600); });
}

for (const field of all("textarea[maxlength]")) {
  const count = document.createElement("p");
  count.className = "help number";
  const show = () => { count.textContent = `${field.value.length.toLocaleString()} of ${field.maxLength.toLocaleString()} characters`; };
  field.after(count);
  field.addEventListener("input", show);
  show();
}
