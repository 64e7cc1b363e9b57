package org.cupule.linux.acrn;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.cupule.tck.hsm.NotOnAcrn;

/** What of the HSM's contracts the stand-in cannot show besides: mostly ACRN's own policy. */
final class NotInRig extends NotOnAcrn {
    private static final String LEFT = "the driver leaves a VM whose page was refused in the hypervisor (hsm.md 4.3)";
    private static final String DEVICES = "ACRN's own policy: the stand-in has no devices to give";
    private static final String COUNTS = "ACRN's own counters: the stand-in counts no interrupts";
    private static final List<String> ABOUT_DEVICES = List.of("aTakenAddressIsEexistAndTheFunctionStaysWithTheHost",
            "assignmentNeedsCreated", "anAssignedFunctionIsTheGuestsUntilItIsDeassigned",
            "deassignmentComparesBothAddresses", "memoryMovesIntoTheGuestAndBack",
            "aResetKeepsAssignmentsAndTheEndReturnsThem", "memoryThatTheHostHasNotIsEinval",
            "unknownFunctionIsEnodev", "aLineOfAnAssignedFunctionIsLedToAGsi",
            "pinsEnd", "linesAreSetInCreatedAndResetInPausedToo", "resourcesOfLengthZeroAreNothing",
            "messagesAreNotRemapped", "aVirtualDeviceThatIsNotThereCannotBeRemoved",
            "remapNeedsTheAssignedFunction");
    private static final List<String> ABOUT_COUNTS = List.of("countsComeAsPairsOfInterruptAndCount",
            "noMoreNumbersAreWrittenThanThePageHasRoomFor", "whatRaisesALineIsCountedOnce",
            "messagesAreCountedByTheirVector");

    NotInRig() {
        super(reasons());
    }

    private static Map<String, String> reasons() {
        Map<String, String> reasons = new HashMap<>(Map.of("refusedPageIsEinval", LEFT, "oneToSixteenVcpusAreAVm",
                LEFT, "hypervisorIsChosenByName", "both would be this machine's", "wishReachesHypervisor",
                "ACRN takes no models", "addressPortOfAnySizeUnderAcrn",
                "ACRN answers other sizes itself (hsm.md 8.4), and the driver warns of them"));
        ABOUT_DEVICES.forEach(method -> reasons.put(method, DEVICES));
        ABOUT_COUNTS.forEach(method -> reasons.put(method, COUNTS));
        return reasons;
    }
}
