package org.cupule.launcher;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.launch.CommandLine;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;

/**
 * The commands that the started bundles offer, as services (contract: {@code org.cupule.launch}).
 *
 * @threading confined to the main thread
 */
final class Commands {
    /** Commands that this distribution always has: worth waiting for. Any other word is there at once, or unknown. */
    private static final Set<String> EXPECTED = Set.of("run", "demo", "shell", "abi", "serve");
    private static final long DEADLINE_MILLIS = TimeUnit.SECONDS.toMillis(20);
    private static final String ANY = "(" + CommandLine.COMMAND + "=*)";

    private final BundleContext context;

    Commands(BundleContext context) {
        this.context = context;
    }

    /** {@return one line a command, sorted} */
    Stream<String> usages() {
        return references().stream().map(Commands::usage).sorted().distinct();
    }

    /** {@return the command called {@code word}; one that belongs to this distribution is waited for} */
    Function<Map<String, Object>, Integer> find(String word) {
        return EXPECTED.contains(word) ? await(word) : now(word);
    }

    private Function<Map<String, Object>, Integer> now(String word) {
        return references().stream()
                .filter(reference -> word.equals(reference.getProperty(CommandLine.COMMAND)))
                .max(Comparator.naturalOrder())
                .map(reference -> command(context.getService(reference)))
                .orElseThrow(() -> new LaunchException(Status.USAGE,
                        "unknown command '%s'; there are: %s.".formatted(word, words())));
    }

    private Function<Map<String, Object>, Integer> await(String word) {
        try {
            var filter = "(&(objectClass=" + Function.class.getName() + ")(" + CommandLine.COMMAND + "=" + word + "))";
            var tracker = new ServiceTracker<>(context, FrameworkUtil.createFilter(filter), null);
            tracker.open();
            var service = tracker.waitForService(DEADLINE_MILLIS);
            if (service == null) {
                throw missing(word);
            }
            return command(service);
        } catch (InterruptedException | InvalidSyntaxException e) {
            throw new LaunchException(Status.HOST_FAILURE, "waiting for '%s' ended early: %s.".formatted(word, e), e);
        }
    }

    private LaunchException missing(String word) {
        var idle = Arrays.stream(context.getBundles())
                .filter(bundle -> bundle.getState() != Bundle.ACTIVE)
                .map(Bundle::getSymbolicName)
                .collect(Collectors.joining(", "));
        return new LaunchException(Status.HOST_FAILURE,
                "the command '%s' did not come up within %d s; bundles that are not active: %s.".formatted(
                        word, TimeUnit.MILLISECONDS.toSeconds(DEADLINE_MILLIS), idle.isEmpty() ? "none" : idle));
    }

    private String words() {
        var words = references().stream().map(reference -> String.valueOf(reference.getProperty(CommandLine.COMMAND)));
        return Stream.concat(Stream.of("help"), words).sorted().distinct().collect(Collectors.joining(", "));
    }

    private List<ServiceReference<?>> references() {
        try {
            var found = context.getServiceReferences(Function.class.getName(), ANY);
            return found == null ? List.of() : List.of(found);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String usage(ServiceReference<?> reference) {
        var usage = reference.getProperty(CommandLine.USAGE);
        return String.valueOf(usage == null ? reference.getProperty(CommandLine.COMMAND) : usage);
    }

    /** The contract of {@code org.cupule.launch} fixes the type arguments, which a service registry cannot hold. */
    @SuppressWarnings("unchecked")
    private static Function<Map<String, Object>, Integer> command(Object service) {
        return (Function<Map<String, Object>, Integer>) service;
    }
}
