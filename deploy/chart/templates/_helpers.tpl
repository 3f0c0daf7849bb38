{{/* The labels that select the pods of a component. Call with (dict "root" $ "component" "web"). */}}
{{- define "assize.selector" -}}
app.kubernetes.io/name: assize
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "assize.labels" -}}
{{ include "assize.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "assize.metadata" -}}
name: {{ .root.Release.Name }}-{{ .component }}
labels:
  {{- include "assize.labels" . | nindent 2 }}
{{- end }}

{{- define "assize.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Which key of the Secret each variable is read from. */}}
{{- define "assize.secretFiles" -}}
{{- $files := dict "SECRET_KEY" "secret_key" "DATABASE_PASSWORD" "database_password" "METRICS_TOKEN" "metrics_token" -}}
{{- if .Values.redis.withPassword }}{{ $_ := set $files "REDIS_PASSWORD" "redis_password" }}{{ end -}}
{{- toYaml (merge (deepCopy .Values.secretFiles) $files) -}}
{{- end }}

{{/* The variables as one mapping, so that none is given twice; `settings` go first. */}}
{{- define "assize.environment" -}}
{{- $variables := dict "ASSIZE_PRODUCTION" "1" "ASSIZE_LOG_FORMAT" "json" "ASSIZE_LOG_LEVEL" "INFO" -}}
{{- $_ := set $variables "DATABASE_URL" .Values.database.url -}}
{{- with .Values.database.poolUrl }}{{ $_ := set $variables "DATABASE_POOL_URL" . }}{{ end -}}
{{- with .Values.database.replicaUrl }}{{ $_ := set $variables "DATABASE_REPLICA_URL" . }}{{ end -}}
{{- $_ := set $variables "REDIS_URL" .Values.redis.url -}}
{{- if not .Values.redis.withPassword }}{{ $_ := set $variables "REDIS_WITHOUT_PASSWORD" "1" }}{{ end -}}
{{- $_ := set $variables "PUBLIC_URL" (.Values.publicUrl | default (printf "https://%s" .Values.host)) -}}
{{- $_ := set $variables "ALLOWED_HOSTS" .Values.host -}}
{{- $_ := set $variables "TRUSTED_PROXY_COUNT" (.Values.trustedProxies | toString) -}}
{{- $_ := set $variables "WORKER_HEARTBEAT_PATH" "/tmp/worker-heartbeat" -}}
{{- range $name, $key := include "assize.secretFiles" . | fromYaml -}}
{{- $_ := set $variables (printf "%s_FILE" $name) (printf "/etc/assize/%s" $key) -}}
{{- end -}}
{{- range $name, $value := .Values.settings -}}
{{- /* A large number comes as a fraction, and would be written as 2e+09. */ -}}
{{- $_ := set $variables $name (ternary ($value | toString) ($value | int64 | toString) (not (kindIs "float64" $value))) -}}
{{- end -}}
{{- range $name, $value := $variables }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* What every container of ours has. Call with root and component. */}}
{{- define "assize.container" -}}
image: {{ include "assize.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  {{- include "assize.environment" .root | trim | nindent 2 }}
{{- if and .root.Values.jurorKeys (has .component (list "web" "worker" "jury")) }}
envFrom:
  - secretRef: {name: {{ .root.Values.jurorKeys | quote }}}
{{- end }}
resources:
  {{- toYaml (get .root.Values .component).resources | nindent 2 }}
volumeMounts:
  - {name: home, mountPath: /home/assize}
  - {name: tmp, mountPath: /tmp}
  - {name: secrets, mountPath: /etc/assize, readOnly: true}
{{- end }}

{{/* What every pod has besides its containers. With "own" it has no part in the shared files. */}}
{{- define "assize.pod" -}}
{{- $pods := .root.Values.pods -}}
automountServiceAccountToken: false
# A Service becomes variables of every pod otherwise, and one may have the name of a setting.
enableServiceLinks: false
serviceAccountName: {{ $pods.serviceAccount | quote }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  # Not file by file at each start: there may be millions.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with $pods.priorityClass }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $pods.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pods.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  - name: home
    {{- if or .own (not .root.Values.files.shared) }}
    emptyDir: {}
    {{- else }}
    persistentVolumeClaim: {claimName: {{ .root.Values.files.existingClaim | default (printf "%s-files" .root.Release.Name) | quote }}}
    {{- end }}
  - name: secrets
    secret:
      secretName: {{ .root.Values.secret | quote }}
      defaultMode: 0440
      items:
        {{- range $name, $key := include "assize.secretFiles" .root | fromYaml }}
        - {key: {{ $key | quote }}, path: {{ $key | quote }}}
        {{- end }}
{{- end }}

{{/* The metadata of a pod. */}}
{{- define "assize.podMetadata" -}}
labels:
  {{- include "assize.labels" . | nindent 2 }}
{{- with .root.Values.pods.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Spread the pods of a component over the nodes, as far as there are some. */}}
{{- define "assize.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "assize.selector" . | nindent 8 }}
{{- end }}

{{/* At most one pod of a component is taken away at a time, also where it has only one. */}}
{{- define "assize.disruptions" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "assize.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  # A node is not kept from being drained by a pod that waits for a database which is away.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "assize.selector" . | nindent 6 }}
{{- end }}

{{/* Whether a file was written in the last so many seconds. Call with a number. */}}
{{- define "assize.heartbeat" -}}
exec:
  command: [sh, -c, 'find /tmp/worker-heartbeat -newermt "{{ . }} seconds ago" | grep -q .']
{{- end }}

{{/* The port in a URL, or a default. Call with (list url default). */}}
{{- define "assize.port" -}}
{{- $host := (urlParse (first .)).host -}}
{{- regexFind ":[0-9]+$" $host | trimPrefix ":" | default (last . | toString) -}}
{{- end }}

{{/* The ways to names, PostgreSQL and Valkey, as rules of egress. */}}
{{- define "assize.databases" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
- ports:
    - {port: {{ include "assize.port" (list .Values.database.url 5432) }}, protocol: TCP}
    - {port: {{ include "assize.port" (list .Values.redis.url 6379) }}, protocol: TCP}
    {{- with .Values.database.poolUrl }}
    - {port: {{ include "assize.port" (list . 5432) }}, protocol: TCP}
    {{- end }}
    {{- with .Values.database.replicaUrl }}
    - {port: {{ include "assize.port" (list . 5432) }}, protocol: TCP}
    {{- end }}
  {{- with .Values.networkPolicy.databases }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* What no schema can say of values: fails with the reason. */}}
{{- define "assize.check" -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" .Release.Name) }}
{{- fail (printf "The release name %s would be no name of a Service: letters, digits and -, a letter first." .Release.Name) }}
{{- end }}
{{- $settings := .Values.settings | default dict }}
{{- if not (or .Values.files.shared (get $settings "STORAGE_BUCKET")) }}
{{- fail "files.shared=false needs a bucket (settings.STORAGE_BUCKET), or pods could not see each other's files." }}
{{- end }}
{{- $said := get $settings "EXPORTS_AT_ONCE" | toString }}
{{- $exports := ternary 2 (int $said) (eq $said "") }}
{{- if le (int .Values.web.threads) $exports }}
{{- fail (printf "web.threads must be more than EXPORTS_AT_ONCE (%d), or exports leave no thread to answer with." $exports) }}
{{- end }}
{{- end }}

{{/* All addresses but some, of which only those of the same version of IP count. Call with (list cidr exceptions). */}}
{{- define "assize.anywhere" -}}
{{- $is6 := contains ":" (first .) -}}
- ipBlock:
    cidr: {{ first . | quote }}
    {{- $except := list -}}
    {{- range last . }}{{ if eq $is6 (contains ":" .) }}{{ $except = append $except . }}{{ end }}{{ end }}
    {{- with $except }}
    except:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
