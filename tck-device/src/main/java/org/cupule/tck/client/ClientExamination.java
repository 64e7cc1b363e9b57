package org.cupule.tck.client;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.cupule.tck.check.Verdict;
import org.cupule.tck.check.Watch;

/**
 * Examines a client. Each check looks on a thread of its own, so that a client that never comes back cannot keep who
 * asked. A client that is not attached, or that falls to any access, is not looked at further: it would only be said
 * again.
 *
 * @threading confined to its maker
 */
public final class ClientExamination {
    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final List<String> FIRST = List.of("attach", "any-access");

    private final ClientSubject subject;
    private final Map<ClientCheck, Verdict> verdicts = new LinkedHashMap<>();

    /** Prepares all checks for a client. */
    public ClientExamination(ClientSubject subject) {
        this.subject = subject;
    }

    /** {@return what all checks find, in their order} */
    public Map<ClientCheck, Verdict> run() {
        ClientChecks.all().forEach(this::run);
        return verdicts;
    }

    /** {@return what one check finds} */
    public Verdict run(ClientCheck check) {
        Verdict known = verdicts.get(check);
        if (known == null) {
            known = failedFirst(check).map(
                    first -> Verdict.notApplicable("not looked at, since '%s' failed", first.name())).orElseGet(
                            () -> new Watch(check.name(), () -> check.body().look(subject)).await(LONGEST,
                                    () -> false));
            verdicts.put(check, known);
        }
        return known;
    }

    private java.util.Optional<ClientCheck> failedFirst(ClientCheck check) {
        return ClientChecks.all().stream().takeWhile(before -> !before.equals(check))
                .filter(before -> FIRST.contains(before.name())).filter(before -> run(before).failed()).findFirst();
    }
}
