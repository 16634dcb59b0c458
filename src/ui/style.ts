import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** The few looks that the program uses. Without colour each gives its text back. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

export function createStyle(color: boolean): Style {
  const paint = (look: keyof Style): Paint =>
    color ? (text) => (text === '' ? '' : styleText(look, text, { validateStream: false })) : (text) => text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
  };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether to colour: NO_COLOR forbids it (no-color.org: set and not empty), FORCE_COLOR asks for it unless it is
 * `0` or `false`, and otherwise only a terminal that is not dumb and belongs to no CI service gets colour.
 */
export function wantsColor(isTTY: boolean, env: Environment): boolean {
  if (isSet(env.NO_COLOR)) return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return canRedraw(isTTY, env);
}

/** Whether lines already written may be drawn over. */
export function canRedraw(isTTY: boolean, env: Environment): boolean {
  return isTTY && env.TERM !== 'dumb' && !isCi(env.CI);
}

function isCi(value: string | undefined): boolean {
  return isSet(value) && value !== '0' && value !== 'false';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
