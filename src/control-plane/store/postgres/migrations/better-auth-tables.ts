/**
 * Exactly the tables of better-auth 1.7.7 and @better-auth/api-key 1.7.5 (as getMigrations()
 * compiles them; a test compares them), so that its plugins work on them. Texts are compared byte
 * by byte, as in SQLite: the order of the server's locale would differ. `ordinal` is the order of
 * creation.
 */
const text = `text collate "C"`;

export const BETTER_AUTH_TABLES = `
  create table "user" ("id" ${text} not null primary key, "name" ${text} not null, "email" ${text} not null unique,
    "emailVerified" boolean not null, "image" text, "createdAt" timestamptz default current_timestamp not null,
    "updatedAt" timestamptz default current_timestamp not null);
  create table "session" ("id" ${text} not null primary key, "expiresAt" timestamptz not null,
    "token" ${text} not null unique, "createdAt" timestamptz default current_timestamp not null,
    "updatedAt" timestamptz not null, "ipAddress" text, "userAgent" text,
    "userId" ${text} not null references "user" ("id") on delete cascade, "activeOrganizationId" ${text});
  create table "account" ("id" ${text} not null primary key, "accountId" ${text} not null, "providerId" ${text} not null,
    "userId" ${text} not null references "user" ("id") on delete cascade, "accessToken" text, "refreshToken" text,
    "idToken" text, "accessTokenExpiresAt" timestamptz, "refreshTokenExpiresAt" timestamptz, "scope" text,
    "password" text, "createdAt" timestamptz default current_timestamp not null, "updatedAt" timestamptz not null);
  create table "verification" ("id" ${text} not null primary key, "identifier" ${text} not null, "value" ${text} not null,
    "expiresAt" timestamptz not null, "createdAt" timestamptz default current_timestamp not null,
    "updatedAt" timestamptz default current_timestamp not null);
  create table "organization" ("id" ${text} not null primary key, "name" ${text} not null, "slug" ${text} not null unique,
    "logo" text, "createdAt" timestamptz not null, "metadata" text);
  create table "member" ("id" ${text} not null primary key,
    "organizationId" ${text} not null references "organization" ("id") on delete cascade,
    "userId" ${text} not null references "user" ("id") on delete cascade, "role" ${text} not null,
    "createdAt" timestamptz not null);
  create table "invitation" ("id" ${text} not null primary key,
    "organizationId" ${text} not null references "organization" ("id") on delete cascade, "email" ${text} not null,
    "role" ${text}, "status" ${text} not null, "expiresAt" timestamptz not null,
    "createdAt" timestamptz default current_timestamp not null,
    "inviterId" ${text} not null references "user" ("id") on delete cascade);
  create table "apikey" ("id" ${text} not null primary key, "configId" ${text} not null, "name" ${text}, "start" text,
    "referenceId" ${text} not null, "prefix" text, "key" ${text} not null, "refillInterval" integer,
    "refillAmount" integer, "lastRefillAt" timestamptz, "enabled" boolean, "rateLimitEnabled" boolean,
    "rateLimitTimeWindow" integer, "rateLimitMax" integer, "requestCount" integer, "remaining" integer,
    "lastRequest" timestamptz, "expiresAt" timestamptz, "createdAt" timestamptz not null,
    "updatedAt" timestamptz not null, "permissions" text, "metadata" text,
    ordinal bigint generated always as identity);
  create index "session_userId_idx" on "session" ("userId");
  create index "account_userId_idx" on "account" ("userId");
  create index "verification_identifier_idx" on "verification" ("identifier");
  create index "member_organizationId_idx" on "member" ("organizationId");
  create index "member_userId_idx" on "member" ("userId");
  create index "invitation_organizationId_idx" on "invitation" ("organizationId");
  create index "invitation_email_idx" on "invitation" ("email");
  create index "apikey_configId_idx" on "apikey" ("configId");
  create index "apikey_key_idx" on "apikey" ("key");
  -- One membership each, even if one link is accepted twice at the same moment.
  create unique index member_person on "member" ("organizationId", "userId");
  -- Finds expired sessions without reading all of them.
  create index "session_expiresAt" on "session" ("expiresAt");
  -- Lists on the page, in the order in which they are shown.
  create index apikey_list on apikey ("referenceId", "createdAt", ordinal);
  create index apikey_name on apikey ("referenceId", coalesce(name, ''), ordinal);
  create index apikey_expiry on apikey ("referenceId", coalesce("expiresAt", 'infinity'::timestamptz), ordinal);
`;
