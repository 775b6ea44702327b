import * as z from "zod";

/** The files in /etc by which a host looks up names. */
export const ETC_FILES = ["hosts", "nsswitch.conf", "resolv.conf"] as const;

/** What a test asks the child in the namespaces to open. */
export const openRequest = z.object({
  protocol: z.enum(["udp", "tcp"]),
  address: z.string(),
  port: z.number(),
});

export type OpenRequest = z.output<typeof openRequest>;
