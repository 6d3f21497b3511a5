"""Caliper's own terms, those of 1.1 and 1.2: what is in neither list is news."""

from __future__ import annotations

VERSIONS = frozenset({"v1p1", "v1p2"})

_EVENTS = """
    Event AnnotationEvent AssessmentEvent AssessmentItemEvent AssignableEvent FeedbackEvent ForumEvent GradeEvent
    MediaEvent MessageEvent NavigationEvent QuestionnaireEvent QuestionnaireItemEvent ResourceManagementEvent
    SearchEvent SessionEvent SurveyEvent SurveyInvitationEvent ThreadEvent ToolLaunchEvent ToolUseEvent ViewEvent
"""

_ENTITIES = """
    Entity Agent AggregateMeasure AggregateMeasureCollection Annotation Assessment AssessmentItem
    AssignableDigitalResource Attempt AudioObject BookmarkAnnotation Chapter Collection Comment CourseOffering
    CourseSection DateTimeQuestion DateTimeResponse DigitalResource DigitalResourceCollection Document
    FillinBlankResponse Forum Frame Group HighlightAnnotation ImageObject LearningObjective LikertScale Link LtiLink
    LtiSession MediaLocation MediaObject Membership Message MultipleChoiceResponse MultipleResponseResponse
    MultiselectQuestion MultiselectResponse MultiselectScale NumericScale OpenEndedQuestion OpenEndedResponse
    Organization Page Person Query Question Questionnaire QuestionnaireItem Rating RatingScaleQuestion
    RatingScaleResponse Response Result Scale Score SearchResponse SelectTextResponse Session SharedAnnotation
    SoftwareApplication Survey SurveyInvitation TagAnnotation Thread TrueFalseResponse VideoObject WebPage
"""

EVENTS = frozenset(_EVENTS.split())
ENTITIES = frozenset(_ENTITIES.split())


def term(type_: str) -> str:
    """A type or action as a term, also where it is spelled out as an IRI."""
    return type_.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1]
