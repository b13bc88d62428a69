{{/*
All that the enabled shippers bring, as YAML: agents, env and mounts of the watcher, containers, volumes, share. What a
shipper needs stands in files/<shipper>/sidecar.yaml, which is also the patch that kustomize takes.
*/}}
{{- define "kube-log-watcher.shippers" -}}
{{- $agents := .Values.watch.agents }}
{{- $env := list }}
{{- $mounts := list }}
{{- $containers := list }}
{{- $volumes := dict }}
{{- $share := false }}
{{- range $name, $given := .Values.shippers }}
{{- if $given.enabled }}
{{- $pod := ($.Files.Get (printf "files/%s/sidecar.yaml" $name) | fromYaml).spec.template.spec }}
{{- $watcher := first $pod.containers }}
{{- $share = or $share ($pod.shareProcessNamespace | default false) }}
{{- range $watcher.env }}
{{- if eq .name "WATCHER_AGENTS" }}
{{- $agents = append $agents .value }}
{{- else if not (or (hasKey . "$patch") (eq .name "WATCHER_STRICT_LABELS") (has . $env)) }}
{{- $env = append $env . }}
{{- end }}
{{- end }}
{{- range $watcher.volumeMounts }}
{{- if not (or (hasKey . "$patch") (has . $mounts)) }}
{{- $mounts = append $mounts . }}
{{- end }}
{{- end }}
{{- if has "loki" $agents }}
{{- $loki := dict "name" "loki" "mountPath" "/shared/targets" }}
{{- if not (has $loki $mounts) }}
{{- $mounts = append $mounts $loki }}
{{- end }}
{{- $_ := set $volumes "loki" (dict "name" "loki" "emptyDir" dict) }}
{{- end }}
{{- range $pod.volumes }}
{{- if not (hasKey . "$patch") }}
{{- $volume := deepCopy . }}
{{- if .configMap }}
{{- $_ := set $volume "configMap" (dict "name" (printf "%s-%s" (include "kube-log-watcher.name" $) $name)) }}
{{- end }}
{{- if .hostPath }}
{{- $_ := set $volume.hostPath "path" (replace "/var/lib/kube-log-watcher" $.Values.watch.statePath .hostPath.path) }}
{{- end }}
{{- if .secret }}
{{- $_ := set $volume "secret" (dict "secretName" $given.secret) }}
{{- end }}
{{- $_ := set $volumes .name $volume }}
{{- end }}
{{- end }}
{{- $container := last $pod.containers }}
{{- $places := dict "pods" $.Values.watch.paths.pods "docker" $.Values.watch.paths.docker }}
{{- range $container.volumeMounts }}
{{- if hasKey $places .name }}
{{- $_ := set . "mountPath" (get $places .name) }}
{{- end }}
{{- end }}
{{- $own := $container.env | default list }}
{{- if eq $name "ship" }}
{{- $_ := set $container "image" (include "kube-log-watcher.image" $) }}
{{- $_ := set $container "imagePullPolicy" $.Values.image.pullPolicy }}
{{/* Whoever has a Loki chooses its labels. */}}
{{- $replaced := ternary (list "WATCHER_URL" "WATCHER_LABELS") (list "WATCHER_URL") (not (empty $given.url)) }}
{{- $kept := list }}
{{- range $own }}
{{- if not (has .name $replaced) }}{{ $kept = append $kept . }}{{ end }}
{{- end }}
{{- $own = append $kept (dict "name" "WATCHER_URL" "value" (include "kube-log-watcher.destination" $)) }}
{{- range list (dict "name" "POD_NAME" "field" "metadata.name") (dict "name" "POD_NAMESPACE" "field" "metadata.namespace") }}
{{- $own = append $own (dict "name" .name "valueFrom" (dict "fieldRef" (dict "fieldPath" .field))) }}
{{- end }}
{{- with $given.tenant }}
{{- $own = append $own (dict "name" "WATCHER_TENANT" "value" .) }}
{{- end }}
{{- if $given.token.secret }}
{{- $own = append $own (dict "name" "WATCHER_TOKEN_FILE" "value" (printf "/var/run/secrets/ship/%s" $given.token.key)) }}
{{- $_ := set $container "volumeMounts" (append $container.volumeMounts (dict "name" "ship-token" "mountPath" "/var/run/secrets/ship" "readOnly" true)) }}
{{- $_ := set $volumes "ship-token" (dict "name" "ship-token" "secret" (dict "secretName" $given.token.secret)) }}
{{- end }}
{{- else if $given.image }}
{{- $_ := set $container "image" $given.image }}
{{- end }}
{{- $named := list }}
{{- range $own }}
{{- if not (hasKey $given.env .name) }}{{ $named = append $named . }}{{ end }}
{{- end }}
{{- $own = $named }}
{{- range $variable, $value := $given.env }}
{{- $own = append $own (dict "name" $variable "value" (toString $value)) }}
{{- end }}
{{- with $own }}
{{- $_ := set $container "env" . }}
{{- end }}
{{- with $given.resources }}
{{- $_ := set $container "resources" . }}
{{- end }}
{{- $containers = append $containers $container }}
{{- end }}
{{- end }}
{{- dict "agents" (uniq $agents) "env" $env "mounts" $mounts "containers" $containers "volumes" $volumes "share" $share | toYaml }}
{{- end }}

{{/* Where ship sends to. */}}
{{- define "kube-log-watcher.destination" -}}
{{- if .Values.shippers.ship.url -}}
{{- .Values.shippers.ship.url -}}
{{- else if .Values.serve.enabled -}}
{{- printf "http://%s-serve.%s.svc:%d/loki/api/v1/push" (include "kube-log-watcher.name" .) .Release.Namespace (int .Values.serve.service.port) -}}
{{- else -}}
{{- fail "shippers.ship.url is required without serve: the address of a Loki push API" -}}
{{- end -}}
{{- end }}
