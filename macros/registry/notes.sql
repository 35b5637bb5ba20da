{#- The select list of a data-health note: what it is about, how many rows, their share, and a sentence that begins with the number. -#}
{% macro counted_note(note_id, severity, source_table, subject, row_count, sentence, share='null', subject_column=none) -%}
    select
        '{{ note_id }}' as note_id,
        '{{ severity }}' as severity,
        '{{ source_table }}' as source_table,
        {{ subject_column or counterpoise.text_literal(subject) }} as subject,
        {{ row_count }} as row_count,
        {{ share }} as share,
        cast({{ row_count }} as {{ counterpoise.type_of('string') }}) || ' ' || {{ counterpoise.text_literal(sentence) }} as sentence
{%- endmacro %}
