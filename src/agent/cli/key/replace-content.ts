import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { errorCode } from "../../../lib/errors.ts";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import { overwriteFile } from "../../../lib/files/overwrite-file.ts";
import { copyAttributes } from "./copy-attributes.ts";

interface Replacement {
  readonly content: Uint8Array;
  /** What the file contains now. */
  readonly before: Uint8Array;
  /** False if the new file belongs to the user who writes it. */
  readonly keepsOwner: boolean;
  /** Called just before the content changes. If it rejects, the old one stays. */
  readonly beforeWrite: () => Promise<void>;
}

class AttributesLost extends Error {
  override readonly name = "AttributesLost";
}

/**
 * Gives an existing file new content. Owner, mode, ACL and extended attributes stay: they are
 * copied to a new file, which replaces the old one in one step. If they cannot be copied, or the
 * old file is a mount, it is overwritten. Rejects with a system error, or with ContentLost
 * (overwrite-file.ts).
 */
export async function replaceContent(path: string, replacement: Replacement): Promise<void> {
  const { content, before, keepsOwner, beforeWrite } = replacement;
  const old = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await writeFileAtomically(path, content, {
      // For the temporary file only, until it has the attributes.
      mode: 0o600,
      prepare: async (file) => {
        if (!(await copyAttributes(old, file, keepsOwner))) {
          throw new AttributesLost();
        }
      },
      beforeRename: beforeWrite,
    });
  } catch (error) {
    // A file that is mounted alone (docker -v) cannot be replaced, but it can be written.
    if (!(error instanceof AttributesLost) && errorCode(error) !== "EBUSY") {
      throw error;
    }
    await overwriteFile(path, { content, before, beforeWrite });
  } finally {
    await old.close();
  }
}
