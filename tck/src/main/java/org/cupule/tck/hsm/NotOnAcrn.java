package org.cupule.tck.hsm;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips, and counts as skipped, what the HSM's contracts say of hypervisors of another kind than ACRN below its driver:
 * each with its reason.
 *
 * @threading any thread
 */
public class NotOnAcrn implements BeforeTestExecutionCallback {
    private static final String DEVICE = "ACRN takes device memory by its physical address alone";
    private static final String DRIVER = "the driver runs the slot protocol";
    private static final String ABSENT = "ACRN has no such call";
    private static final String LATER = "requests come a moment after the page shows them, through ATTACH";

    private static final Map<String, String> ALWAYS = Map.ofEntries(
            Map.entry("refusedCreationIsEinval", "the driver tells EINVAL, and no sentence"),
            Map.entry("resumeNeedsPause", ABSENT), Map.entry("eventsReachListeners", ABSENT),
            Map.entry("refusedResetChangesNothing", ABSENT), Map.entry("onlyDeviceMemoryIsUnmapped", DEVICE),
            Map.entry("rightsAreKept", DEVICE), Map.entry("threadsFollowEachOther", DEVICE),
            Map.entry("mappingsAreLimited", DEVICE), Map.entry("typesAreForced", DEVICE),
            Map.entry("refusedUnmapKeepsTheMapping", DEVICE),
            Map.entry("hostMemoryNeedsAHypervisorThatMapsIt", "ACRN maps it"),
            Map.entry("oldMappingIsKept", "the driver makes one region a page"),
            Map.entry("refusedMappingIsNotThere", "the driver counts a mapping that ACRN refused"),
            Map.entry("tooMuchIsEnomem", "memory comes from the host"),
            Map.entry("kernelHandledTellsTheClient", DRIVER), Map.entry("overwrittenRequestIsLost", DRIVER),
            Map.entry("unclaimedRequestWaitsForClient", DRIVER), Map.entry("traceKeepsTheLast", LATER),
            Map.entry("threadedClientIsGivenUp", LATER), Map.entry("deviceModelAnswers", LATER),
            Map.entry("pollingHypervisorIsNotTold", LATER), Map.entry("secondNoticeIsRefused", LATER),
            Map.entry("aRefusedResourceLeavesTheEarlierOnesMoved", "ACRN tells nobody what it has moved"),
            Map.entry("addressPortOfFourBytesUnderX86", "ACRN behaves as ACRN"));

    private final Map<String, String> more;

    /**
     * Makes an extension.
     *
     * @param more
     *            what else is skipped, by the method's name: the reason
     */
    protected NotOnAcrn(Map<String, String> more) {
        this.more = Map.copyOf(more);
    }

    /** Not before the test's object and VM are made, so that the VM is destroyed, too. */
    @Override
    public final void beforeTestExecution(ExtensionContext context) {
        String reason = reason(context.getRequiredTestMethod().getName());
        if (reason != null) {
            Assumptions.abort(reason);
        }
    }

    private @Nullable String reason(String method) {
        String always = ALWAYS.get(method);
        return always != null ? always : more.get(method);
    }
}
