/**
 * Migration 1 to 2: people. The tables are exactly those of better-auth 1.7.7 (core and
 * organization plugin, as its getMigrations() compiles them; a test compares them). The indexes
 * below are ours.
 */
export const PEOPLE_TABLES = `
  create table "user" ("id" text not null primary key, "name" text not null, "email" text not null unique,
    "emailVerified" integer not null, "image" text, "createdAt" date not null, "updatedAt" date not null);

  create table "session" ("id" text not null primary key, "expiresAt" date not null, "token" text not null unique,
    "createdAt" date not null, "updatedAt" date not null, "ipAddress" text, "userAgent" text,
    "userId" text not null references "user" ("id") on delete cascade, "activeOrganizationId" text);

  create table "account" ("id" text not null primary key, "accountId" text not null, "providerId" text not null,
    "userId" text not null references "user" ("id") on delete cascade, "accessToken" text, "refreshToken" text,
    "idToken" text, "accessTokenExpiresAt" date, "refreshTokenExpiresAt" date, "scope" text, "password" text,
    "createdAt" date not null, "updatedAt" date not null);

  create table "verification" ("id" text not null primary key, "identifier" text not null, "value" text not null,
    "expiresAt" date not null, "createdAt" date not null, "updatedAt" date not null);

  create table "member" ("id" text not null primary key,
    "organizationId" text not null references "organization" ("id") on delete cascade,
    "userId" text not null references "user" ("id") on delete cascade, "role" text not null, "createdAt" date not null);

  create table "invitation" ("id" text not null primary key,
    "organizationId" text not null references "organization" ("id") on delete cascade, "email" text not null,
    "role" text, "status" text not null, "expiresAt" date not null, "createdAt" date not null,
    "inviterId" text not null references "user" ("id") on delete cascade);

  create index "session_userId_idx" on "session" ("userId");
  create index "account_userId_idx" on "account" ("userId");
  create index "verification_identifier_idx" on "verification" ("identifier");
  create index "member_organizationId_idx" on "member" ("organizationId");
  create index "member_userId_idx" on "member" ("userId");
  create index "invitation_organizationId_idx" on "invitation" ("organizationId");
  create index "invitation_email_idx" on "invitation" ("email");

  -- One membership each, even if one link is accepted twice at the same moment.
  create unique index member_person on "member" ("organizationId", "userId");
  -- Finds expired sessions without reading all of them.
  create index session_expiresAt on "session" ("expiresAt");

  -- Lists on the page, in the order in which they are shown.
  create index apikey_list on apikey (referenceId, createdAt);
  create index executor_list on executor (organizationId);
  create index executorKeyUsage_executorId on executorKeyUsage (executorId, lastUsedAt);

  -- The audit log is read newest first, and by pairs of action and actor, which are few.
  drop index auditEvent_organizationId;
  create index auditEvent_at on auditEvent (organizationId, at);
  create index auditEvent_action on auditEvent (organizationId, action, actor, at);
  create index auditEvent_target on auditEvent (organizationId, targetId, at);
  create index auditEvent_targetName on auditEvent (organizationId, targetName collate nocase, at);
`;
