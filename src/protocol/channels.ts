/** Where an agent gets its versions from, from the most to the least tested. */
export const CHANNELS = ["stable", "beta", "dev"] as const;

export type Channel = (typeof CHANNELS)[number];
