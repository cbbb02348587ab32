/** The name of the service that a client's words are about. */
import { expect, test } from 'vitest';
import { lackOf, neededService } from '../../scenarios/mechanisms/needed-services.ts';
import { sourceOf } from '../../source/read.ts';

const files = {
  'main.py': 'import os\nfrom fastapi import FastAPI\napp = FastAPI()\nBROKER = os.environ["CELERY_BROKER_URL"]\n',
  '.env': 'CELERY_BROKER_URL=amqp://guest:guest@rabbit:5672//\nMONGO_URL=mongodb://localhost:27018/app\nREDIS_URL=redis://cache:6379/0\n',
};

test.each([
  ['kombu.exceptions.OperationalError: [Errno 111] Connection refused', 'RabbitMQ at rabbit:5672, which the sandbox does not have'],
  ['OSError: Multiple exceptions: [Errno 111] Connect call failed (\'127.0.0.1\', 5672)', 'RabbitMQ at rabbit:5672, which the sandbox does not have'],
  ['socket.gaierror: [Errno -2] Name or service not known: rabbit', 'RabbitMQ at rabbit:5672, which the sandbox does not have'],
  ['pymongo.errors.ServerSelectionTimeoutError: localhost:27018: [Errno 111] Connection refused', 'MongoDB at localhost:27018, which the sandbox does not have'],
  ['redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused.', 'Redis at cache:6379'],
])('%s', async (text, said) => {
  const need = neededService(await sourceOf(files, { app: 'main:app' }), text);
  expect(need === undefined ? undefined : lackOf(need)).toBe(said);
});

test('an address that nobody asks for is nobody\'s', async () => {
  expect(neededService(await sourceOf(files, { app: 'main:app' }), 'httpx.ConnectError: licence.example:443 All connection attempts failed')).toBeUndefined();
});
