package org.cupule.conformance;

import java.util.List;
import org.cupule.types.ModelInfo;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Examines the device models that plug-ins offer, on fresh devices in a test bed: no machine that runs is touched. The
 * checks are those that vendors run in JUnit. An OSGi service.
 *
 * @threading any thread
 */
@ProviderType
public interface DeviceTck {
    /** {@return the checks, in the order in which they look} */
    List<Check> checks();

    /**
     * Examines a model; this takes seconds.
     *
     * @param model
     *            a device model that is offered now
     * @param bundle
     *            id of the bundle that offers it, or -1 for any
     * @param only
     *            names of the checks to make; all when empty
     * @return a finding for each check, in their order
     * @throws org.cupule.types.HsmException
     *             ENODEV when no plug-in offers such a device model; ENOENT for a check that is not there (the sentence
     *             names those that are)
     */
    List<Finding> examine(ModelInfo model, long bundle, List<String> only);

    /**
     * One thing that every device must do.
     *
     * @param name
     *            {@code save-twice}
     * @param reason
     *            why it must
     * @param hint
     *            where its vendor should look when it does not
     * @threading immutable
     */
    record Check(String name, String reason, String hint) {
    }

    /**
     * What a check found.
     *
     * @param check
     *            the check
     * @param result
     *            how it ended
     * @param sentence
     *            what was seen
     * @threading immutable
     */
    record Finding(Check check, Result result, String sentence) {
    }

    /** How a check ends. */
    enum Result {
        /** The device does what it must. */
        PASS,
        /** It does not. */
        FAIL,
        /** The device has nothing that the check looks at, or another check must pass first. */
        NOT_APPLICABLE
    }
}
