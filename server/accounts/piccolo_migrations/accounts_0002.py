from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Array, Boolean, Timestamptz, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-24T11:44:58:817733"
VERSION = "1.38.0"
DESCRIPTION = "Proven addresses"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="accounts", description=DESCRIPTION)

    for table_class_name, tablename in (("Invitation", "invitation"), ("Person", "person")):
        manager.add_column(
            table_class_name=table_class_name,
            tablename=tablename,
            column_name="confined_to",
            db_column_name="confined_to",
            column_class_name="Array",
            column_class=Array,
            params={
                "default": None,
                "base_column": Varchar(
                    length=40,
                    default="",
                    null=False,
                    primary_key=False,
                    unique=False,
                    index=False,
                    index_method=IndexMethod.btree,
                    choices=None,
                    db_column_name=None,
                    secret=False,
                ),
                "null": True,
                "primary_key": False,
                "unique": False,
                "index": False,
                "index_method": IndexMethod.btree,
                "choices": None,
                "db_column_name": None,
                "secret": False,
            },
            schema=None,
        )

    manager.add_column(
        table_class_name="Invitation",
        tablename="invitation",
        column_name="mailed",
        db_column_name="mailed",
        column_class_name="Boolean",
        column_class=Boolean,
        params={
            "default": False,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.add_column(
        table_class_name="Person",
        tablename="person",
        column_name="proven_at",
        db_column_name="proven_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
