/** Here is a cron line: five fields, each within its bounds, or an error. */
class Cron {
  static final LIMITS = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]]
  static void check(String spec) {
    if (spec == '') return
    def fields = spec.trim().split(/\s+/)
    if (fields.size() != 5) throw new IllegalArgumentException("'${spec}' is no cron line: five fields")
    fields.eachWithIndex { field, n ->
      field.split(',').each { part ->
        def found = (part =~ /^(\*|H(\((\d+)-(\d+)\))?|(\d+)(-(\d+))?)(\/(\d+))?$/)
        if (!found.matches()) throw new IllegalArgumentException("'${part}' in the cron line '${spec}' cannot be read")
        [found.group(3), found.group(4), found.group(5), found.group(7)].findAll { it }.each {
          if (it.toInteger() < LIMITS[n][0] || it.toInteger() > LIMITS[n][1]) throw new IllegalArgumentException("${it} in the cron line '${spec}' is out of range")
        }
      }
    }
  }
}
