-- Which shop events still have a body, so that those without one are not read again and again.

create index shop_event_body on shop_event (id) where due_at is null and length(body) > 0;
