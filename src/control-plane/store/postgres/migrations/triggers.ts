/**
 * What holds no matter who writes: this program, better-auth, or a person with psql.
 *
 * The revision grows with each change of what `SyncLookups` answer, in the transaction of the
 * change. `change` tells what was changed, so that control planes forget only that.
 */
export const TRIGGERS = `
  create table revision (
    one boolean not null primary key default true check (one),
    n bigint not null,
    "prunedTo" bigint not null
  ) with (fillfactor = 10);
  insert into revision (n, "prunedTo") values (0, 0);
  create table change (
    n bigint not null primary key,
    kind text collate "C" not null,
    id text collate "C" not null,
    at timestamptz not null default clock_timestamp()
  );

  create function "noteChange"(kind text, id text) returns void language sql as $$
    with next as (update revision set n = n + 1 returning n) insert into change (n, kind, id) select n, kind, id from next
  $$;

  -- The beginning of the SHA-256 of a key, in hex (src/protocol/fingerprint.ts).
  create function fingerprint(hash text) returns text language sql immutable as $$
    select case when hash ~ '^[A-Za-z0-9_-]{8}'
      then encode(substring(decode(translate(left(hash, 8), '-_', '+/'), 'base64') from 1 for 4), 'hex') else '' end
  $$;

  create function "noteKey"() returns trigger language plpgsql as $$ begin
    perform "noteChange"('key', old.key);
    return null;
  end $$;
  create trigger "apikey_delete" after delete on apikey for each row execute function "noteKey"();
  create trigger "apikey_update" after update on apikey for each row
    when ((old.id, old.key, old.name, old.enabled, old."expiresAt", old."createdAt", old."referenceId", old."configId")
      is distinct from (new.id, new.key, new.name, new.enabled, new."expiresAt", new."createdAt", new."referenceId",
        new."configId"))
    execute function "noteKey"();

  create function "noteExecutorKey"() returns trigger language plpgsql as $$ begin
    perform "noteChange"('key', key) from apikey where id in (old."keyId", new."keyId");
    return null;
  end $$;
  create trigger "executorKey_change" after insert or update or delete on "executorKey"
    for each row execute function "noteExecutorKey"();

  create function "noteExecutor"() returns trigger language plpgsql as $$ begin
    perform "noteChange"('executor', old."organizationId" || ' ' || old.name);
    if tg_op = 'DELETE' then
      perform "noteChange"('nodes', old.id);
      perform "noteChange"('key', k.key) from "executorKey" e join apikey k on k.id = e."keyId"
        where e."targetExecutorId" = old.id;
    end if;
    return null;
  end $$;
  create trigger "executor_delete" after delete on executor for each row execute function "noteExecutor"();
  create trigger "executor_update" after update on executor for each row
    when ((old.id, old."organizationId", old.name, old.kind, old."keyId", old."lineageId")
      is distinct from (new.id, new."organizationId", new.name, new.kind, new."keyId", new."lineageId"))
    execute function "noteExecutor"();

  create function "noteOrganization"() returns trigger language plpgsql as $$ begin
    perform "noteChange"('all', old.id);
    return null;
  end $$;
  create trigger "organization_change" after update or delete on organization
    for each row execute function "noteOrganization"();

  create function "noteNodes"() returns trigger language plpgsql as $$ begin
    perform "noteChange"('nodes', coalesce(new."executorId", old."executorId"));
    return null;
  end $$;
  create trigger "executorNodes_insert" after insert on "executorNodes" for each row
    when (new."changeNumber" <> 0 or new."lostChanges" <> 0) execute function "noteNodes"();
  create trigger "executorNodes_update" after update on "executorNodes" for each row
    when ((old."changeNumber", old."lostChanges") is distinct from (new."changeNumber", new."lostChanges"))
    execute function "noteNodes"();
  create trigger "executorNodes_delete" after delete on "executorNodes" for each row execute function "noteNodes"();
  create trigger "node_change" after insert or delete on node for each row execute function "noteNodes"();
  create trigger "node_update" after update on node for each row
    when ((old.name, old."desiredState", old.deletion, old."isGone")
      is distinct from (new.name, new."desiredState", new.deletion, new."isGone"))
    execute function "noteNodes"();

  create function "refuseAuditChange"() returns trigger language plpgsql as $$ begin
    raise exception 'audit events never change';
  end $$;
  create trigger "auditEvent_never_changes" before update or delete or truncate on "auditEvent"
    for each statement execute function "refuseAuditChange"();
  create function "noteActor"() returns trigger language plpgsql as $$ begin
    insert into "auditActor" values (new."organizationId", new.actor) on conflict do nothing;
    return null;
  end $$;
  create trigger "auditActor_insert" after insert on "auditEvent" for each row execute function "noteActor"();

  -- Every way to change a password or remove a person forgets the browsers that they signed in with.
  create function "forgetDevices"() returns trigger language plpgsql as $$ begin
    delete from "signInDevice" where "userId" = old."userId";
    return null;
  end $$;
  create trigger "signInDevice_password" after update of password on account for each row
    when (new.password is distinct from old.password) execute function "forgetDevices"();
  create trigger "signInDevice_member" after delete on member for each row execute function "forgetDevices"();
`;
