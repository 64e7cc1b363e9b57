package org.cupule.itests;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/**
 * Finds bundles of the platform under test.
 *
 * @threading any thread
 */
final class Bundles {
    private Bundles() {
    }

    /** {@return the installed bundles of the project's folder name, for example {@code hw-ept}, oldest first} */
    static List<Bundle> all(BundleContext context, String folder) {
        String name = "org.cupule." + folder.replace('-', '.');
        return Arrays.stream(context.getBundles()).filter(bundle -> name.equals(bundle.getSymbolicName())).toList();
    }

    /** {@return the one installed bundle of that name} */
    static Bundle one(BundleContext context, String folder) {
        return Optional.of(all(context, folder)).filter(found -> found.size() == 1).map(List::getFirst)
                .orElseThrow(() -> new AssertionError("bundles " + folder + ": " + all(context, folder)));
    }
}
