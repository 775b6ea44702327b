/**
 * Does `work` with the rights of `user`, then becomes root again. New files belong to that user.
 * Nothing else may run at the same time: the rights are those of the whole process.
 */
export async function asUser<T>(
  user: { readonly uid: number; readonly gids: readonly number[] },
  work: () => Promise<T>,
): Promise<T> {
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
