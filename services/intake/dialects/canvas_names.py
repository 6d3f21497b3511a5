"""The Live Events that Canvas documents and that say nothing of what a learner achieved."""

from __future__ import annotations

_NAMES = """
    account_created account_notification_created account_updated asset_accessed
    assignment_created assignment_group_created assignment_group_updated
    assignment_override_created assignment_override_updated assignment_updated
    attachment_created attachment_deleted attachment_updated
    content_migration_completed content_migration_started
    conversation_created conversation_forwarded conversation_message_created
    course_created course_section_created course_section_updated course_updated
    discussion_entry_created discussion_entry_submitted discussion_topic_created discussion_topic_updated
    enrollment_created enrollment_state_created enrollment_state_updated enrollment_updated
    final_grade_custom_status grade_override
    group_category_created group_category_updated group_created
    group_membership_created group_membership_updated group_updated
    learning_outcome_created learning_outcome_group_created learning_outcome_group_updated
    learning_outcome_link_created learning_outcome_link_updated learning_outcome_updated
    logged_in logged_out lti_resource_link_created lti_resource_link_updated
    master_migration_completed master_migration_started
    module_created module_item_created module_item_updated module_updated
    outcome_calculation_method_created outcome_calculation_method_updated
    outcome_friendly_description_created outcome_friendly_description_updated
    outcome_proficiency_created outcome_proficiency_updated outcomes_retry_outcome_alignment_clone
    plagiarism_resubmit quiz_created quiz_export_complete quiz_submitted quiz_updated quizzes_next_quiz_duplicated
    rubric_assessed sis_batch_created sis_batch_updated
    submission_comment_created submission_created submission_custom_grade_status syllabus_updated
    user_account_association_created wiki_page_created wiki_page_deleted wiki_page_updated
"""

OTHERS = frozenset(_NAMES.split())
