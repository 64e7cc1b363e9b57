package org.cupule.tck.check;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Examines a device: the checks in their order, those that another one needs first. Each check looks on a thread of its
 * own, so that a device that never comes back cannot keep who asked.
 *
 * @threading confined to its maker
 */
public final class Examination {
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final Subject subject;
    private final Map<String, Check> checks = new LinkedHashMap<>();
    private final Map<String, Verdict> verdicts = new LinkedHashMap<>();

    /** Prepares all checks for a device. */
    public Examination(Subject subject) {
        this(subject, DeviceChecks.all());
    }

    Examination(Subject subject, List<Check> checks) {
        this.subject = subject;
        checks.forEach(check -> this.checks.put(check.name(), check));
    }

    /** {@return all findings, in the order of the checks} */
    public List<Finding> run() {
        var findings = new ArrayList<Finding>();
        checks.values().forEach(check -> findings.add(run(check)));
        return findings;
    }

    /**
     * {@return what one check finds}
     *
     * @throws HsmException
     *             ENOENT when there is no such check
     */
    public Finding run(String name) {
        Check check = checks.get(name);
        if (check == null) {
            throw new HsmException(Errno.ENOENT, "tck",
                    "there is no check '%s'; there are %s".formatted(name, String.join(", ", checks.keySet())));
        }
        return run(check);
    }

    private Finding run(Check check) {
        Verdict known = verdicts.get(check.name());
        if (known == null) {
            known = failedNeed(check).map(
                    need -> Verdict.notApplicable("not looked at, since '%s' failed", need)).orElseGet(
                            () -> looked(check));
            verdicts.put(check.name(), known);
        }
        return new Finding(check, known);
    }

    private java.util.Optional<String> failedNeed(Check check) {
        return check.needs().stream().flatMap(this::failing).findFirst();
    }

    /** {@return the check of this name if it fails, or what it needs that fails} */
    private Stream<String> failing(String need) {
        Finding finding = run(need);
        return finding.verdict().failed()
                ? Stream.of(need)
                : finding.check().needs().stream().flatMap(this::failing);
    }

    private Verdict looked(Check check) {
        var watch = new Watch(check.name(), () -> check.body().look(subject));
        return watch.await(LONGEST, () -> false);
    }
}
