"""What Alembic runs: it is handed an open connection and the revisions' folders by hub.store.migrate."""

from alembic import context

config = context.config
connection = config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=config.attributes.get("metadata"),
    render_as_batch=connection.dialect.name == "sqlite",
    version_table="schema_versions",
)
with context.begin_transaction():
    context.run_migrations()
