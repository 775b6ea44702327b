import type { Identity } from "./service-user.ts";

/**
 * Does `work` with the rights of `user`, then goes on as root: what that user may not do fails, and
 * what it makes is that user's. Nothing else may run meanwhile: the rights are those of the whole
 * process.
 */
export async function asUser<T>(user: Identity, work: () => Promise<T>): Promise<T> {
  const { getgroups, getegid, setgroups, setegid, seteuid } = process;
  const groups = getgroups?.() ?? [];
  const gid = getegid?.() ?? 0;
  setgroups?.([...user.gids]);
  setegid?.(user.gids[0] ?? user.uid);
  seteuid?.(user.uid);
  try {
    return await work();
  } finally {
    seteuid?.(0);
    setegid?.(gid);
    setgroups?.(groups);
  }
}
