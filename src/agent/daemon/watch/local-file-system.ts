import { statfs } from "node:fs/promises";

/**
 * The types, in statfs(2), of file systems that this kernel alone answers for, from memory or from
 * a disk: linux/magic.h, and the sources of bcachefs and ZFS. It lists what is local, because what
 * is not cannot be listed completely: FUSE, NFS, SMB, Ceph, 9p, AFS, autofs and more.
 */
const LOCAL_TYPES: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0xca451a4e, // bcachefs
  0x2fc12fc1, // ZFS
  0x73717368, // SquashFS
  0xe0f5e1e2, // EROFS
  0x01021994, // tmpfs, devtmpfs
  0x858458f6, // ramfs
  // overlayfs, which holds a container's own files. Its layers may be on a network, which cannot be
  // seen here. That is rare: the whole container would hang with them.
  0x794c7630,
]);

/**
 * True if the kernel alone answers for the file at `path`. False if another host or a program does,
 * which may stop at any moment, or if that is not known. Rejects with a system error.
 */
export async function isOnLocalFileSystem(path: string): Promise<boolean> {
  return LOCAL_TYPES.has((await statfs(path)).type);
}
