import type { Loaded } from "../../config/load-config.ts";
import { checkConnection, connectionUnchecked } from "../../doctor/check-connection.ts";
import type { Check } from "../../doctor/examination.ts";
import { proxyRoute } from "../../sync/network/proxy-route.ts";
import { askControlPlane, type KeyQuestion } from "../key/ask-control-plane.ts";
import { describeReply } from "../key/check.ts";
import type { Subject } from "./subject.ts";

/** Asks the control plane once, as the judged agent would: its key, its proxy, its roots. */
export async function connectionChecks(
  loaded: Loaded,
  { environment, sourceOf }: Subject,
  route: KeyQuestion["route"],
  signal: AbortSignal,
): Promise<readonly Check[]> {
  if (loaded.verdict === "invalid") {
    return connectionUnchecked("the configuration is not valid");
  }
  if (loaded.verdict === "key-unusable") {
    return connectionUnchecked("there is no usable key");
  }
  const { config, key, keySource, findings, lines, path } = loaded;
  const { url, proxy } = config.controlPlane;
  const question = { config, key, keySource, findings, lines, path, isMove: false, route, environment };
  const verdict = await askControlPlane(question, signal);
  const answer =
    verdict.kind === "accepted"
      ? { kind: verdict.kind, detail: `accepted: ${describeReply(verdict.reply)}`, remedy: undefined }
      : { kind: verdict.kind, detail: verdict.why, remedy: verdict.remedy };
  const { cause, serverTimeMs } = verdict;
  const way = proxyRoute({ endpoint: new URL(url), proxy, environment });
  const placeOf = (setting: string) => {
    const line = lines.get(setting);
    return line === undefined ? path : `${path} line ${line}`;
  };
  return checkConnection({
    url,
    urlSource: `control_plane.url, ${placeOf("control_plane.url")}`,
    route: way,
    proxySource:
      way.kind !== "proxy"
        ? undefined
        : way.source === "control_plane.proxy"
          ? `control_plane.proxy, ${placeOf("control_plane.proxy")}`
          : `${way.source}, ${sourceOf(way.source)}`,
    answer: { ...answer, cause, serverTimeMs },
    nowMs: Date.now(),
  });
}
