"""The PostgreSQL of the tests is a real one: it keeps what was committed when it is killed."""

from tests.support.postgres import Postgres


def test_a_killed_server_keeps_what_was_committed(private_postgres: Postgres) -> None:
    private_postgres.execute("create table kept (word text); insert into kept values ('still here')")
    private_postgres.kill()
    private_postgres.start()
    assert private_postgres.execute("select word from kept") == "still here"


def test_every_test_has_a_database_of_its_own(postgres: Postgres) -> None:
    first, second = postgres.create_database(), postgres.create_database()
    assert first != second
    postgres.drop_database(first)
    postgres.drop_database(second)


def test_a_template_is_prepared_once_and_copied(postgres: Postgres) -> None:
    prepared: list[str] = []

    def prepare(uri: str) -> None:
        prepared.append(uri)
        postgres.execute("create table copied (n int)", uri.rsplit("/", 1)[1])

    for _ in range(2):
        copy = postgres.create_database(postgres.template("copied_from", prepare))
        assert postgres.execute("select count(*) from copied", copy.rsplit("/", 1)[1]) == "0"
        postgres.drop_database(copy)
    assert len(prepared) == 1
