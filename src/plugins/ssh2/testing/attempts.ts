import type { AuthContext, PublicKeyAuthContext } from 'ssh2';
import type { Json } from '../../../core/contract/index.ts';
import type { TestUser } from './client.ts';
import type { MadeKey, TestServer } from './server.ts';

export function logIn(user: TestUser, server: TestServer, more: { readonly [name: string]: Json } = {}) {
  return user.connect({ host: '127.0.0.1', port: server.port, user: 'ann', ...more });
}

export function holds(key: MadeKey): (attempt: AuthContext) => boolean {
  const wanted = Buffer.from(key.public.split(' ')[1] ?? '', 'base64');
  return (attempt) =>
    attempt.method === 'publickey' && (attempt as PublicKeyAuthContext).key.data.equals(wanted);
}

export function isPassword(attempt: AuthContext, password: string): boolean {
  return attempt.method === 'password' && attempt.password === password;
}
