import { CutoverError } from '../../../core/contract/index.ts';
import { parseKey } from '../client.ts';
import { type Host, showHost } from '../settings/host.ts';
import type { Attempt, LoginError, Prompt } from './login.ts';
import type { Try } from './plan.ts';
import type { Prepared } from './prepare.ts';

/** The course of one login: what to try next, and in the end what was tried. */
export interface Conversation {
  readonly nextAttempt: (accepted: readonly string[] | null) => Attempt | null;
  readonly onRemark: (remark: string) => void;
  readonly refused: (error: LoginError) => CutoverError;
}

export function startConversation(host: Host, prepared: Prepared): Conversation {
  const left = [...prepared.tries];
  const tried: string[] = [];
  const remarks: string[] = [];
  let offered: readonly string[] | null = null;

  return {
    nextAttempt: (accepted) => {
      offered = accepted ?? offered;
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        if (offered !== null && !offered.includes(methodOf(next))) continue;
        tried.push(next.label);
        return toAttempt(next, host, prepared, remarks);
      }
      return null;
    },
    onRemark: (remark) => {
      remarks.push(remark.slice(0, 500));
    },
    refused: (error) => {
      const said = [
        tried.length > 0 ? `Tried: ${tried.join(', ')}.` : 'Nothing that it takes was there to try.',
        offered === null ? '' : `It takes: ${offered.join(', ')}.`,
        /^All configured/.test(error.message) ? '' : `${capital(error.message)}.`,
        prepared.notes.length > 0 ? `Note: ${prepared.notes.join('; ')}.` : '',
        ...remarks,
      ];
      const message = `The server refused to log in ${showHost(host)}. ${said.filter(Boolean).join(' ')}`;
      return new CutoverError('E_AUTHENTICATION', message, {
        hint: `See what OpenSSH makes of it: \`ssh -v -p ${host.port} ${host.user}@${host.host}\``,
        cause: error,
      });
    },
  };
}

function methodOf({ type }: Try): string {
  return type === 'key' || type === 'agent' ? 'publickey' : type;
}

function toAttempt(next: Try, host: Host, prepared: Prepared, remarks: string[]): Attempt {
  const password = prepared.password ?? '';
  switch (next.type) {
    case 'key':
      return next;
    case 'agent':
      return {
        type: 'agent',
        socket: host.agentSocket ?? '',
        key: parseKey(next.publicKey),
        isOnlyKey: prepared.tries.filter((one) => methodOf(one) === 'publickey').length === 1,
      };
    case 'password':
      return { type: 'password', password };
    case 'keyboard-interactive':
      return { type: 'keyboard-interactive', answer: answerOnce(password, remarks) };
  }
}

/** The first hidden prompt gets the password. What else is asked, a one-time code for example, nobody can answer. */
function answerOnce(password: string, remarks: string[]): (prompts: readonly Prompt[]) => readonly string[] {
  let given = false;
  return (prompts) =>
    prompts.map(({ text, echo }) => {
      if (!echo && !given) {
        given = true;
        return password;
      }
      remarks.push(`The server asks "${text.trim().slice(0, 80)}", which nobody is here to answer.`);
      return '';
    });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
