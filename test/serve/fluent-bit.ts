/** Bodies of Fluent Bit 5.1: tail, the kubernetes filter with Merge_Log On, the http output. */

const kubernetes = (pod: string) =>
  `{"pod_name":"${pod}","namespace_name":"default","pod_id":"0b6c7f3e-7d1c-4d6e-9a50-2f8f2f1f2b11",` +
  '"labels":{"app.kubernetes.io/name":"web","tier":"front"},"annotations":{"example.com/note":"a, b"},"host":"node-1",' +
  '"pod_ip":"10.0.0.7","container_name":"web","docker_id":"4f3c0000000000000000000000000000000000000000000000000000000000aa",' +
  '"container_hash":"docker.io/library/web@sha256:00","container_image":"docker.io/library/web:1"}';

export const fluentBit = {
  usual:
    `[{"date":1525349097.094408,"time":"2018-05-03T12:04:57.094408152Z","stream":"stdout","_p":"F","log":"one","kubernetes":${kubernetes('cri-1')}},` +
    `{"date":1525349098.0,"time":"2018-05-03T12:04:58Z","stream":"stderr","_p":"F","log":"two","kubernetes":${kubernetes('cri-1')}}]`,
  /** The API server could not be reached. */
  homeless:
    '[{"date":1525349097.094408,"time":"2018-05-03T12:04:57.094408152Z","stream":"stdout","_p":"F","log":"who am I"}]',
  /** The application's own JSON stands in the place of what the shipper has read. */
  merged:
    `[{"date":1525349097.0,"time":"10:00","stream":"stdout","_p":"F","log":{"a":1},"kubernetes":${kubernetes('merged')}},` +
    `{"date":1525349098.0,"time":"10:00","stream":{"id":7},"_p":"F","level":"info","message":"x","kubernetes":${kubernetes('merged')}},` +
    `{"date":1525349099.0,"time":"2018-05-03T12:04:59Z","stream":"stdout","_p":"F","log":"fine","kubernetes":${kubernetes('merged')}}]`,
  /** The parser for Docker's files on those of another runtime. */
  raw:
    `[{"date":1525349097.2,"log":"2018-05-03T12:04:57.094408152Z stdout F first","kubernetes":${kubernetes('raw')}},` +
    `{"date":1525349097.2,"log":"2018-05-03T12:04:57.094408153Z stderr F second","kubernetes":${kubernetes('raw')}}]`,
};
