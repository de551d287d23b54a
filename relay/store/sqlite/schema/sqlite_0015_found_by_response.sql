-- How a result was received says "response" where it said "answer", as the texts around it do.

update job set found_by = 'response' where found_by = 'answer';
