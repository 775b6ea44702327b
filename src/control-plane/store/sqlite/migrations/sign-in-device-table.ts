/**
 * Migration: the browsers that people have signed in with. Triggers delete them, so that every way
 * to change a password or remove a person does, including better-auth's.
 */
export const SIGN_IN_DEVICE_TABLE = `
  create table signInDevice (
    hash text not null primary key,
    userId text not null references "user" ("id") on delete cascade,
    createdAt integer not null,
    lastUsedAt integer not null
  ) strict;
  create index signInDevice_userId on signInDevice (userId, lastUsedAt);

  create trigger signInDevice_password after update of "password" on "account"
    when new."password" is not old."password"
    begin delete from signInDevice where userId = new."userId"; end;
  create trigger signInDevice_member after delete on "member"
    begin delete from signInDevice where userId = old."userId"; end;
`;
