package org.cupule.linux.acrn;

import java.util.Map;
import org.cupule.tck.hsm.NotOnAcrn;

/** What the twin of the driver cannot show besides. */
final class NotOnTwin extends NotOnAcrn {
    private static final String CHOICE = "the fakes of the contract are below the driver, where no name leads";
    private static final String TWIN = "the twin's caller owns what the contract looks at";
    private static final String KERNEL = "which devices the host has tells the kernel, and none of the twin's";

    NotOnTwin() {
        super(Map.of("hypervisorIsChosenByName", CHOICE, "wishReachesHypervisor", CHOICE, "closeReleasesAll", TWIN,
                "keptReadGetsAllOnes", TWIN, "aTakenAddressIsEexistAndTheFunctionStaysWithTheHost", KERNEL,
                "assignmentNeedsCreated", KERNEL, "anAssignedFunctionIsTheGuestsUntilItIsDeassigned", KERNEL,
                "deassignmentComparesBothAddresses", KERNEL));
    }
}
