/** Where an app looks for its services: said by variables, compose files, code, or by nobody. */
import { describe, expect, test } from 'vitest';
import { sourceOf } from '../../source/read.ts';
import { serviceNeeds } from '../../source/services.ts';

const plain = 'from fastapi import FastAPI\napp = FastAPI()\n';

async function needs(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const source = await sourceOf({ 'main.py': plain, ...files }, { app: 'main:app' });
  return serviceNeeds(source, env).map(({ service, host, port }) => `${service} ${host}:${port}`);
}

describe('the services of an app', () => {
  test.each([
    ['REDIS_URL', 'redis://:s3cret@cache:6380/0', ['Redis cache:6380']],
    ['BROKER', 'rediss://default:pw@eu1-cache.example.com:6379', ['Redis eu1-cache.example.com:6379']],
    ['CACHE', 'redis:///0', ['Redis localhost:6379']],
    ['REDIS_HOST', 'cache', ['Redis cache:6379']],
    ['MONGO_URL', 'mongodb://a:1,b:2/app?replicaSet=x', ['MongoDB a:1', 'MongoDB b:2']],
    ['MONGO_URL', 'mongodb+srv://u:p@cluster.example.net/app', ['MongoDB cluster.example.net:27017']],
    ['CELERY_BROKER_URL', 'amqp://guest:guest@rabbit:5672//', ['RabbitMQ rabbit:5672']],
    ['KAFKA_BOOTSTRAP_SERVERS', 'one:9092,two:9093', ['Kafka one:9092', 'Kafka two:9093']],
    ['ELASTIC_URL', 'http://search:9200', ['Elasticsearch search:9200']],
    ['DATABASE_URL', 'mysql+aiomysql://u:p@db/app', ['MySQL db:3306']],
    ['DATABASE_URL', 'postgresql+asyncpg://u:p@db/app', []],
    ['REDIS_DB', '0', []],
    ['API_URL', 'https://api.example.com:6379', []],
  ])('%s=%s', async (name, value, wanted) => {
    expect(await needs({ '.env': `${name}=${value}\n` })).toEqual(wanted);
    expect(await needs({}, { [name]: value })).toEqual(wanted);
  });

  test('a host and its port in variables of their own', async () => {
    expect(await needs({ '.env': 'REDIS_HOST=cache\nREDIS_PORT=7000\n' })).toEqual(['Redis cache:7000']);
  });

  test('the compose file: under the name of the service and on its published port', async () => {
    const compose = 'services:\n  app:\n    build: .\n  cache:\n    image: redis:7-alpine\n    ports: ["16379:6379"]\n  queue:\n    image: rabbitmq:3-management\n  ui:\n    image: rediscommander/redis-commander\n';
    expect(await needs({ 'docker-compose.yml': compose })).toEqual(['Redis cache:6379', 'Redis localhost:16379', 'RabbitMQ queue:5672']);
  });

  test('the code: a literal address, and the default of a client that is only imported', async () => {
    expect(await needs({ 'cache.py': 'from redis.asyncio import Redis\ncache = Redis(host="cache", port=6390)\n' })).toEqual(['Redis cache:6390']);
    expect(await needs({ 'cache.py': 'import redis\nr = redis.from_url("redis://elsewhere:1234")\n' })).toEqual(['Redis elsewhere:1234']);
    expect(await needs({ 'cache.py': 'from redis.asyncio import Redis\ncache = Redis()\n' })).toEqual(['Redis localhost:6379']);
    expect(await needs({ 'tests/test_cache.py': 'import redis\n' })).toEqual([]);
    expect(await needs({ 'notes.py': 'HELP = "see redis docs"\n' })).toEqual([]);
  });
});
