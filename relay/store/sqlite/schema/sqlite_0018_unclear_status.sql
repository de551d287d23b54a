-- Since when CreativeAI's answers about a job say nothing that could be acted on; null: they are clear.

alter table job add column unclear_since integer;
