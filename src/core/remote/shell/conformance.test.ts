import { placeHere } from '../../testing/conformancePlace.ts';
import { engineConformance } from '../../testing/engineConformance.ts';
import { linkTo } from '../../testing/engineHere.ts';
import { faultyTransport } from '../../testing/faultyConnection.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { shellEngine } from './index.ts';

engineConformance(
  'the shell engine',
  () =>
    placeHere((path, cut) =>
      shellEngine(
        linkTo(
          cut === undefined ? localTransport() : faultyTransport(localTransport(), (_, index) => cut(index)),
        ),
        path,
      ),
    ),
  { cutEvery: 4 },
);
