import { utcTime } from "../../../lib/clock.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { inPlace, shellWord, withSudo } from "../../../lib/shell-word.ts";
import type { Logger } from "../../log/logger.ts";
import type { People } from "../../people/people.ts";
import type { AccountReader } from "../../store/contract/people.ts";

interface AnnounceDeps {
  readonly logger: Logger;
  readonly terminal: Terminal;
  readonly socketPath: string;
}

/**
 * Says where people open the page, and how the first of them gets an account. A link goes only to
 * a terminal: a log is kept, and others read it.
 */
export async function announcePage(
  people: People | undefined,
  accounts: AccountReader,
  { logger, terminal, socketPath }: AnnounceDeps,
): Promise<void> {
  if (people === undefined) {
    logger.info(
      { event: "page" },
      "Nobody can sign in, and there is no page, because BETTER_AUTH_URL is not set.",
    );
    return;
  }
  const { origin, links } = people;
  logger.info({ event: "page", origin }, `People open the page at ${origin}`);
  if (await accounts.any()) {
    return;
  }
  if (terminal.stdout.isTTY === true) {
    const { url, expiresAt } = await links.issueSetUp();
    const until = utcTime(expiresAt);
    print(terminal, `\nNobody has an account yet. Create the first one here, until ${until}:\n\n  ${url}\n`);
    return;
  }
  const isService = terminal.environment["INVOCATION_ID"] !== undefined;
  const command = inPlace({
    host: isService
      ? "sudo novacula-control-plane setup-link"
      : `novacula-control-plane setup-link --socket ${shellWord(socketPath)}`,
    pod: withSudo("novacula-control-plane setup-link"),
  });
  logger.warn(
    { event: "people.none" },
    `Nobody has an account yet, so nobody can sign in. For a link that creates the first one, run:\n${command}`,
  );
}
