-- The policy of benchmarks/policy as a good programmer writes it for DuckDB who knows it and wants it fast:
-- two-valued, nothing told of what is unknown, the fine written where it is decided.
SELECT
    source_row,
    list_filter([
        CASE WHEN rulebook_owner = 'zto' AND first_call_date >= DATE '2015-04-01' THEN
            CASE first_call_type
                WHEN 'signed_not_received' THEN CASE
                    WHEN pod_recorded AND (NOT consignee_received OR signer <> 'consignee')
                        AND NOT coalesce(contact_log_type <> 'none' AND contact_log_at_delivery
                            AND pod_photo_defect = 'none' AND (signer_name_legible OR agent_identity_recognisable), false)
                    THEN {'rule': 'policy/first-call/signed-not-received', 'kind': 'fine', 'amount': 50.00::DECIMAL(18, 2)} END
                WHEN 'dispatch_delay' THEN CASE
                    WHEN len(scans_before_complaint) > 0 AND len(list_filter(scans_before_complaint,
                        lambda s: s.scan_type <> 'pickup' OR s.outlet_role <> 'origin_outlet')) = 0
                    THEN {'rule': 'policy/first-call/dispatch-delay', 'kind': 'fine', 'amount': 50.00::DECIMAL(18, 2)} END
                WHEN 'late_compensation' THEN CASE
                    WHEN loss_confirmed AND (NOT settled_with_customer OR compensation_amount < compensation_standard_amount)
                        AND NOT coalesce(compensation_amount >= compensation_standard_amount
                            AND compensation_amount_registered AND NOT customer_accepts_compensation, false)
                    THEN {'rule': 'policy/first-call/late-compensation', 'kind': 'fine', 'amount': 50.00::DECIMAL(18, 2)} END
                WHEN 'attitude' THEN CASE
                    WHEN first_call_date >= DATE '2015-10-01' AND customer_reports_attitude
                    THEN {'rule': 'policy/first-call/attitude', 'kind': 'fine', 'amount': 50.00::DECIMAL(18, 2)} END
                WHEN 'no_invoice' THEN CASE
                    WHEN first_call_date >= DATE '2015-10-01' AND fee_collected > 0 AND NOT invoice_given
                        AND NOT coalesce(invoice_delivered_date <= invoice_promised_date, false)
                    THEN {'rule': 'policy/first-call/no-invoice', 'kind': 'fine', 'amount': 50.00::DECIMAL(18, 2)} END
                WHEN 'no_door_delivery' THEN CASE
                    WHEN first_call_date >= DATE '2015-10-01' AND self_pickup_demanded
                        AND NOT coalesce(door_delivered_on = first_call_date, false)
                    THEN {'rule': 'policy/first-call/no-door-delivery', 'kind': 'fine', 'amount': 50.00::DECIMAL(18, 2)} END
                WHEN 'overcharge' THEN CASE
                    WHEN first_call_date >= DATE '2015-10-01'
                        AND (undisclosed_fee_amount > 0 OR freight_collect_charged > network_freight_standard)
                    THEN {'rule': 'policy/first-call/overcharge', 'kind': 'fine', 'amount': 50.00::DECIMAL(18, 2)} END
            END
        END,
        CASE WHEN rulebook_owner = 'zto' AND complaint_ordinal IS NOT NULL THEN
            CASE
                WHEN registration_status = 'false_result'
                    OR (complaint_ordinal >= 2 AND complaint_category <> 'other' AND NOT completed_in_time)
                    THEN {'rule': 'policy/registration/registration', 'kind': 'fine', 'amount': 500.00::DECIMAL(18, 2)}
                WHEN NOT completed_in_time
                    THEN {'rule': 'policy/registration/registration', 'kind': 'fine', 'amount': 200.00::DECIMAL(18, 2)}
                WHEN registration_status = 'invalid_info'
                    THEN {'rule': 'policy/registration/registration', 'kind': 'fine', 'amount': 50.00::DECIMAL(18, 2)}
                WHEN registration_status = 'none'
                    THEN {'rule': 'policy/registration/registration', 'kind': 'fine', 'amount': 20.00::DECIMAL(18, 2)}
            END
        END,
        CASE WHEN rulebook_owner = 'zto' AND appeal_type IS NOT NULL THEN
            CASE
                WHEN appeal_type IN ('attitude', 'false_signoff')
                    THEN {'rule': 'policy/appeals/special-types', 'kind': 'fine', 'amount': 1500.00::DECIMAL(18, 2)}
                WHEN appeal_rate_per_million <= 10
                    THEN {'rule': 'policy/appeals/bands', 'kind': 'fine', 'amount': 500.00::DECIMAL(18, 2)}
                WHEN appeal_rate_per_million >= 16
                    THEN {'rule': 'policy/appeals/bands', 'kind': 'fine', 'amount': 1500.00::DECIMAL(18, 2)}
                WHEN appeal_rate_per_million BETWEEN 11 AND 15
                    THEN {'rule': 'policy/appeals/bands', 'kind': 'fine', 'amount': 1000.00::DECIMAL(18, 2)}
                ELSE {'rule': 'policy/appeals/bands', 'kind': 'review', 'amount': NULL::DECIMAL(18, 2)}
            END
        END,
        CASE WHEN rulebook_owner = 'zto' AND calendar_days_past_commitment > CASE delivery_scope
                WHEN 'same_city' THEN 3 WHEN 'international' THEN 21 ELSE 7 END AND delivery_scope IS NOT NULL
            THEN {'rule': 'policy/delay/compensate', 'kind': 'compensation', 'amount': NULL::DECIMAL(18, 2)} END,
        CASE WHEN rulebook_owner = 'zto' AND first_complaint_at > arbitration_accept_deadline_at THEN
            CASE liable_party
                WHEN 'delivery_outlet' THEN {'rule': 'policy/liability/delivery-liable', 'kind': 'share',
                    'amount': (floor(least(internal_arbitration_standard, theoretical_compensation) * 50) / 100)::DECIMAL(18, 2)}
                WHEN 'hub' THEN {'rule': 'policy/liability/hub-liable', 'kind': 'share',
                    'amount': least(floor(internal_arbitration_standard * 50) / 100, theoretical_compensation)::DECIMAL(18, 2)}
                ELSE CASE WHEN liable_party IS NOT NULL
                    THEN {'rule': 'policy/liability/origin-liable', 'kind': 'share', 'amount': theoretical_compensation::DECIMAL(18, 2)} END
            END
        END
    ], lambda outcome: outcome IS NOT NULL) AS outcomes
FROM tickets
