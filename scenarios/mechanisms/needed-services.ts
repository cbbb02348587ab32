/** Which service a refused connection was meant for: the client's words hold an address, the tree says what it looks for there. */
import { planEnvironment } from '../../source/environment.ts';
import { REDIS, serviceNeeds } from '../../source/services.ts';
import type { ServiceNeed, Source } from '../../source/types.ts';

/**
 * The need whose address the text names, else the one whose port or host it names, else the only one there is of a kind whose client speaks.
 * @param text message of the exception, the names of its types and the files of its frames
 */
export function neededService(source: Source, text: string): ServiceNeed | undefined {
  const needs = serviceNeeds(source, planEnvironment(source).env);
  const words = new Set(text.slice(0, 20_000).toLowerCase().split(/[^\w.-]+/));
  const says = (word: string): boolean => words.has(word.toLowerCase());
  const byAddress = needs.find(({ host, port }) => says(String(port)) && says(host)) ?? needs.find(({ port }) => says(String(port)));
  const remote = needs.filter(({ host }) => !/^(localhost|127\.)/.test(host));
  return byAddress ?? remote.find(({ host }) => says(host)) ?? needs.find(({ service }) => CLIENTS[service]?.test(text.slice(0, 20_000)) === true);
}

/** How clients name themselves in files and exceptions. */
const CLIENTS: Readonly<Record<string, RegExp>> = {
  RabbitMQ: /\b(kombu|amqp|pika|aio_?pika|aiormq)\b/i, Kafka: /kafka/i, MongoDB: /pymongo|motor|ServerSelectionTimeout/i, MySQL: /aiomysql|asyncmy|pymysql|MySQLdb/i,
  Elasticsearch: /elastic|opensearch/i, Redis: /\bredis\b/i,
};

/** `RabbitMQ at rabbit:5672, which the sandbox does not have`; a Redis that is there and still refuses is no lack of the sandbox. */
export function lackOf({ service, host, port }: ServiceNeed): string {
  return `${service} at ${host}:${port}${service === REDIS ? '' : ', which the sandbox does not have'}`;
}
