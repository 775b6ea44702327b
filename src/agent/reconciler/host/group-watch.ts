import { type FSWatcher, watch } from "node:fs";

/**
 * Tells at once that a control group has become empty: the kernel notifies of `cgroup.events`
 * (cgroups(7)). Version 1 has no such file, and there the next turn notices.
 */
export class GroupWatch {
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Watches the control groups in these folders, and no others. */
  keep(folders: ReadonlySet<string>): void {
    for (const folder of this.#watchers.keys()) {
      if (!folders.has(folder)) {
        this.#drop(folder);
      }
    }
    for (const folder of folders) {
      if (!this.#watchers.has(folder)) {
        this.#add(folder);
      }
    }
  }

  #add(folder: string): void {
    try {
      const watcher = watch(`${folder}/cgroup.events`, { persistent: false }, this.#onChange);
      this.#watchers.set(
        folder,
        watcher.on("error", () => this.#drop(folder)),
      );
    } catch {
      // There is no such file, or there are too many watches.
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
