-- An office as the first release left it: accounts, contacts, users, and an invitation in every state.
INSERT INTO policies (id, office, version, validity, grace, reminder_share, resend_cooldown, reissue_window,
    approval_required, approval_reminder, approval_escalation, four_eyes, places_per_job, account_required,
    required_fields)
OVERRIDING SYSTEM VALUE
VALUES (1, 'nz', 1, '24 h', '0', 0.5, '60 s', '7 d', true, '24 h', '72 h', false, 3, false, '{}'),
       (2, 'nz', 2, '24 h', '10 min', 0.5, '60 s', '7 d', true, '24 h', '72 h', false, 2, false, '{name}');
SELECT setval(pg_get_serial_sequence('policies', 'id'), 2);

INSERT INTO offices (code, name, region, locale, time_zone, help_email, policy_id)
VALUES ('nz', 'Office NZ', 'NZ', 'en_NZ', 'Pacific/Auckland', 'help@nz.example', 2);

INSERT INTO approvers (office, address_key, address) VALUES ('nz', 'boss@nz.example', 'Boss@nz.example');

INSERT INTO accounts (id, office, code, name)
VALUES ('0199a7c2-0000-7000-8000-0000000000a1', 'nz', '1042', 'Hill Farm'),
       ('0199a7c2-0000-7000-8000-0000000000a2', 'nz', '1043', 'River Farm');

INSERT INTO contacts (id, office, name, email, email_key, phone, phone_key)
VALUES ('0199a7c2-0000-7000-8000-0000000000c1', 'nz', 'Ana', 'Ana@nz.example', 'ana@nz.example', NULL, NULL),
       ('0199a7c2-0000-7000-8000-0000000000c2', 'nz', 'Bo', NULL, NULL, '021 555 0142', '+64215550142');

INSERT INTO contact_accounts (contact_id, account_id)
VALUES ('0199a7c2-0000-7000-8000-0000000000c1', '0199a7c2-0000-7000-8000-0000000000a1');

INSERT INTO jobs (id, office, name) VALUES ('0199a7c2-0000-7000-8000-0000000000b1', 'nz', '12 Hill Road');

INSERT INTO users (id, username, username_key, password_hash, state, name, email, email_key, first_signed_in_at,
    last_signed_in_at)
SELECT ('0199a7c2-0000-7000-8000-0000000000d' || n)::uuid, name, name, '$argon2id$' || name, state, initcap(name),
    name || '@nz.example', name || '@nz.example', signed_in, signed_in
FROM (VALUES (1, 'active', 'active', now() - interval '1 day'), (2, 'awaiting', 'unapproved', NULL),
             (3, 'approved', 'unapproved', NULL), (4, 'suspended', 'suspended', now() - interval '9 days'))
     AS made (n, name, state, signed_in);

INSERT INTO invitations (id, office, policy_id, state, rev, seen_rev, generation, address, address_key, name, job_id,
    roles, permissions, granted, invited_by, idempotency_key, idempotency_hash, user_id, username, attention,
    last_refusal, decided_by, decision_note, is_reminded, created_at, changed_at, since, link_made_at, expires_at,
    set_up_at, decided_at, activated_at, expired_at, closed_at)
SELECT ('0199a7c2-0000-7000-8000-0000000000e' || n)::uuid, 'nz', 1 + n % 2, state, 3, 3, 1 + n % 2,
    initcap(state) || '@nz.example', state || '@nz.example', initcap(state), job::uuid, '{customer}',
    '{account,invoices}', CASE WHEN decided THEN '{invoices}'::text[] END, 'clerk@nz.example', 'erp-' || n,
    sha256(state::bytea), owner::uuid, coalesce(username, ''),
    CASE WHEN state = 'pending' THEN '{undeliverable}'::text[] ELSE '{}' END, 'wrong_state',
    CASE WHEN decided THEN 'Boss@nz.example' END, CASE WHEN decided THEN 'a note' ELSE '' END, state = 'expired',
    now() - interval '3 days', now() - interval '1 hour', now() - interval '1 hour', now() - interval '1 hour',
    CASE WHEN state IN ('pending', 'expired') THEN now() + interval '23 hours' END,
    CASE WHEN owner IS NOT NULL THEN now() - interval '2 hours' END, CASE WHEN decided THEN now() END,
    CASE WHEN state = 'active' THEN now() END, CASE WHEN state = 'expired' THEN now() END, NULL
FROM (VALUES (0, 'draft', NULL, false, NULL, NULL),
             (1, 'pending', '0199a7c2-0000-7000-8000-0000000000b1', false, NULL, NULL),
             (2, 'awaiting_approval', NULL, false, '0199a7c2-0000-7000-8000-0000000000d2', 'awaiting'),
             (3, 'approved', NULL, true, '0199a7c2-0000-7000-8000-0000000000d3', 'approved'),
             (4, 'active', '0199a7c2-0000-7000-8000-0000000000b1', true, '0199a7c2-0000-7000-8000-0000000000d1', 'active'),
             (5, 'expired', NULL, false, NULL, NULL),
             (6, 'rejected', NULL, true, NULL, 'rejected'),
             (7, 'declined', NULL, false, NULL, NULL),
             (8, 'revoked', NULL, false, NULL, NULL),
             (9, 'erased', NULL, false, NULL, NULL))
     AS made (n, state, job, decided, owner, username);

INSERT INTO invitation_accounts (invitation_id, account_id)
SELECT id, '0199a7c2-0000-7000-8000-0000000000a1' FROM invitations;

INSERT INTO memberships (id, user_id, office, account_id, permissions, invitation_id)
VALUES ('0199a7c2-0000-7000-8000-0000000000f1', '0199a7c2-0000-7000-8000-0000000000d1', 'nz',
        '0199a7c2-0000-7000-8000-0000000000a1', '{invoices}', '0199a7c2-0000-7000-8000-0000000000e4'),
       ('0199a7c2-0000-7000-8000-0000000000f2', '0199a7c2-0000-7000-8000-0000000000d4', 'nz', NULL, '{account}', NULL);

INSERT INTO links (purpose, subject_id, generation, key_id, nonce, token_hash)
SELECT 'invitation', id, generation, 'k1', sha256(id::text::bytea), sha256(state::bytea) FROM invitations;

INSERT INTO deliveries (id, subject_id, message, generation, recipient_key, recipient, facts, status, attempts, cause,
    reply_code, handed_over_at, sent_at)
SELECT gen_random_uuid(), id, message, generation, address_key, address, '{"why": "because"}', status, attempts, cause,
    code, now() - interval '1 hour', CASE WHEN status = 'sent' THEN now() - interval '1 hour' END
FROM invitations, (VALUES ('invitation', 'sent', 1, '', NULL), ('reminder', 'bounced', 2, 'refused', 550),
                          ('welcome', 'failed', 0, 'revoked', NULL)) AS wanted (message, status, attempts, cause, code)
WHERE state <> 'draft';

INSERT INTO password_links (id, user_id, asked_key, state, rev, seen_rev, expires_at)
SELECT gen_random_uuid(), CASE WHEN state <> 'asked' THEN '0199a7c2-0000-7000-8000-0000000000d1'::uuid END, 'active',
    state, 2, 1, CASE WHEN state = 'sent' THEN now() + interval '1 hour' END
FROM unnest('{asked,sent,used,expired,moot}'::text[]) AS state;

INSERT INTO sessions (id_hash, user_id, ends_at)
VALUES (sha256('session'), '0199a7c2-0000-7000-8000-0000000000d1', now() + interval '1 hour');

INSERT INTO rate_hits (key, hits, ends_at) VALUES ('sign-in:0a1b', 3, now() + interval '1 hour');

INSERT INTO audit (subject_id, actor, via, event, code, detail)
SELECT id, 'clerk@nz.example', 'api', 'invitation.created', '', '{"before": "a***@nz.example"}'::jsonb FROM invitations
UNION ALL SELECT NULL, 'operator', 'cli', 'office.set', '', '{"office": "nz"}';
