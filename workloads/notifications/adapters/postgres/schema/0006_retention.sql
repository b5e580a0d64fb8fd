-- What is kept for a time only is found by its age; deliveries need no index, for their ids are in order of time.

CREATE INDEX inbox_changes_at ON inbox_changes (at);
CREATE INDEX dead_letters_died ON dead_letters (died_at);
