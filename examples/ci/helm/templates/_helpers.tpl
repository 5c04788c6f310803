{{/* The variables that hold keys, once for the workload and for the check. */}}
{{- define "shop.keys" -}}
- name: PAYMENT_API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .Values.paymentSecret | quote }}
      key: api-key
{{- end }}
