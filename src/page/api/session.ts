import * as z from "zod/mini";
import { ROLES } from "../../protocol/roles.ts";
import type { Answer } from "./answer.ts";
import { shownText } from "./decode.ts";
import { askGraphql } from "./graphql-operation.ts";

const organization = z.object({ id: z.string(), name: shownText, slug: z.string() });
export type Organization = z.output<typeof organization>;

const role = z.enum(ROLES);

const viewer = z.object({
  user: z.object({ id: z.string(), name: shownText, email: shownText }),
  activeOrganization: z.nullable(organization),
  role: z.nullable(role),
  organizations: z.array(z.object({ organization, role })),
  heartbeatTimeoutMs: z.number(),
});

/** Who is signed in, and as what in which organization. */
export type Viewer = z.output<typeof viewer>;

const VIEWER = `query Viewer {
  viewer {
    user { id name email }
    activeOrganization { id name slug }
    role
    organizations { organization { id name slug } role }
    heartbeatTimeoutMs
  }
}`;

export async function askViewer(signal: AbortSignal): Promise<Answer<Viewer>> {
  const answer = await askGraphql(VIEWER, {}, z.object({ viewer: z.nullable(viewer) }), signal);
  if (answer.kind !== "data") {
    return answer;
  }
  return answer.data.viewer === null ? { kind: "signed-out" } : { kind: "data", data: answer.data.viewer };
}
