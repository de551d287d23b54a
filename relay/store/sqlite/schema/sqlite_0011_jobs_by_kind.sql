-- Lists of jobs of one kind, however many there are of others.

create index job_kind on job (kind, id);
create index job_kind_status on job (kind, status, id);
