import project from "../../package.json" with { type: "json" };

/** The version of this program, and the one that executors are compared with. */
export const VERSION: string = project.version;
