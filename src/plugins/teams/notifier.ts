import { CutoverError } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { call } from '../http/call.ts';
import { resolveText } from '../resolveText.ts';
import { message } from './card.ts';
import { Options } from './options.ts';

/**
 * Posts a card to a workflow of Microsoft Teams, which answers 202:
 * https://support.microsoft.com/office/8ae491c7-0394-4861-ba59-055e33f75498
 */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const url = await resolveText(options.url, scope);
  if (isConnector(url)) {
    throw new CutoverError(
      'E_PLUGIN',
      'The address for Microsoft Teams is that of an Office 365 connector; Microsoft has retired these.',
      {
        hint: 'In Teams, add the workflow "Send webhook alerts to a channel" to the channel, and use its URL.',
      },
    );
  }
  await call(
    { ...options, who: 'Microsoft Teams', url, body: message(notice, options.link), meanings: MEANINGS },
    scope,
  );
});

const MEANINGS = {
  400: 'the workflow does not take such a message',
  401: 'the signature in the URL is wrong: copy the URL again',
  404: 'there is no such workflow (any more)',
  413: 'the message is too long',
};

/** https://devblogs.microsoft.com/microsoft365dev/retirement-of-office-365-connectors-within-microsoft-teams/ */
function isConnector(url: string): boolean {
  return /(^|\.)(webhook\.office\.com|outlook\.office(365)?\.com)$/.test(URL.parse(url)?.hostname ?? '');
}
