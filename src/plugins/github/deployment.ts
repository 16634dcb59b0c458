import { z } from 'zod';
import type { Notice } from '../../core/contract/index.ts';
import { jsonIn } from '../http/refusal.ts';
import { description, type Repository } from './repository.ts';

/**
 * The deployment that an earlier notice of the same transaction made: nothing but the moment at which it began tells it from another
 * one of the same commit. Null: there is none. https://docs.github.com/en/rest/deployments/deployments#list-deployments
 */
export async function findDeployment(
  repository: Repository,
  notice: Notice,
  revision: string,
): Promise<number | null> {
  const query = new URLSearchParams({
    sha: revision,
    environment: notice.environment,
    task: notice.kind,
    per_page: String(LOOKED_AT),
  });
  const deployments = jsonIn(await repository.ask('GET', `deployments?${query}`), Deployments);
  if (deployments === null) throw repository.failure(NOT_GITHUB);
  const { release, startedAt } = payloadOf(notice);
  return (
    deployments.find(({ payload }) => payload?.release === release && payload.startedAt === startedAt)?.id ??
    null
  );
}

/** Does neither merge nor wait for checks. https://docs.github.com/en/rest/deployments/deployments#create-a-deployment */
export async function createDeployment(
  repository: Repository,
  notice: Notice,
  revision: string,
  production: boolean | undefined,
): Promise<number> {
  const answer = await repository.ask('POST', 'deployments', {
    ref: revision,
    task: notice.kind,
    auto_merge: false,
    required_contexts: [],
    payload: payloadOf(notice),
    environment: notice.environment,
    description: description(`${notice.release}, by ${notice.by}`),
    ...(production === undefined ? {} : { production_environment: production }),
  });
  const id = jsonIn(answer, z.looseObject({ id: z.int() }))?.id;
  if (id === undefined) throw repository.failure(NOT_GITHUB);
  return id;
}

/** The newest come first, and an answer is read up to 64 KiB. */
const LOOKED_AT = 5;
const NOT_GITHUB = 'its answer is not that of GitHub';

function payloadOf({ application, release, startedAt }: Notice) {
  return { application, release, startedAt };
}

const Payload = z.looseObject({ release: z.string(), startedAt: z.string() });
/** Those that others made have any payload, or text. */
const Deployments = z.array(z.looseObject({ id: z.int(), payload: Payload.nullable().catch(null) }));
