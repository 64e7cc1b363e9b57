package org.cupule.linux.acrn;

import java.util.Map;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips, and counts as skipped, what the HSM's contracts say of hypervisors of another kind: each with its reason. */
final class NotOnAcrn implements ExecutionCondition {
    private static final String CHOICE = "the fakes of the contract are below the driver, where no name leads";
    private static final String DEVICE = "ACRN takes device memory by its physical address alone";
    private static final String DRIVER = "the driver runs the slot protocol";
    private static final String ABSENT = "ACRN has no such call";
    private static final String TWIN = "the twin's caller owns what the contract looks at";
    private static final String KERNEL = "which devices the host has tells the kernel, and none of the twin's";
    private static final String LATER = "requests come a moment after the page shows them, through ATTACH";

    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("hypervisorIsChosenByName", CHOICE), Map.entry("wishReachesHypervisor", CHOICE),
            Map.entry("refusedCreationIsEinval", "the driver tells EINVAL, and no sentence"),
            Map.entry("closeReleasesAll", TWIN), Map.entry("resumeNeedsPause", ABSENT),
            Map.entry("eventsReachListeners", ABSENT), Map.entry("onlyDeviceMemoryIsUnmapped", DEVICE),
            Map.entry("rightsAreKept", DEVICE), Map.entry("threadsFollowEachOther", DEVICE),
            Map.entry("hostMemoryNeedsAHypervisorThatMapsIt", "ACRN maps it"),
            Map.entry("mappingsAreLimited", DEVICE),
            Map.entry("typesAreForced", DEVICE), Map.entry("refusedUnmapKeepsTheMapping", DEVICE),
            Map.entry("oldMappingIsKept", "the driver makes one region a page"),
            Map.entry("refusedMappingIsNotThere", "the driver counts a mapping that ACRN refused"),
            Map.entry("tooMuchIsEnomem", "memory comes from the host"),
            Map.entry("kernelHandledTellsTheClient", DRIVER), Map.entry("overwrittenRequestIsLost", DRIVER),
            Map.entry("unclaimedRequestWaitsForClient", DRIVER), Map.entry("refusedResetChangesNothing", ABSENT),
            Map.entry("traceKeepsTheLast", LATER), Map.entry("threadedClientIsGivenUp", LATER),
            Map.entry("deviceModelAnswers", LATER), Map.entry("keptReadGetsAllOnes", TWIN),
            Map.entry("aTakenAddressIsEexistAndTheFunctionStaysWithTheHost", KERNEL),
            Map.entry("assignmentNeedsCreated", KERNEL),
            Map.entry("anAssignedFunctionIsTheGuestsUntilItIsDeassigned", KERNEL),
            Map.entry("deassignmentComparesBothAddresses", KERNEL),
            Map.entry("aRefusedResourceLeavesTheEarlierOnesMoved", "ACRN tells nobody what it has moved"),
            Map.entry("pollingHypervisorIsNotTold", LATER), Map.entry("secondNoticeIsRefused", LATER),
            Map.entry("addressPortOfFourBytesUnderX86", "ACRN behaves as ACRN"));

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return context.getTestMethod().map(method -> REASONS.get(method.getName()))
                .map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("it holds on ACRN too"));
    }
}
