import { statfs } from "node:fs/promises";

/**
 * What statfs(2) calls the file systems that this kernel answers for alone, from memory or from a
 * disk: linux/magic.h, and the sources of bcachefs and ZFS. A list of what is local, for nobody
 * knows all that is not: FUSE, NFS, SMB, Ceph, 9p, AFS, autofs.
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
  // overlayfs, on which a container's own files are. Its layers may be on a network, which nothing
  // tells; seldom, since all of the container would hang with them.
  0x794c7630,
]);

/**
 * Whether the kernel answers for what is at `path` by itself. False where another host or a program
 * does, which may stop doing so at any moment, and where that is not known. Rejects with a system
 * error.
 */
export async function isOnLocalFileSystem(path: string): Promise<boolean> {
  return LOCAL_TYPES.has((await statfs(path)).type);
}
